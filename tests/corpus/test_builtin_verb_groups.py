"""Verb groups: negation around auxiliaries and clitics, clitic order, agreement of participles, questions."""

from dataclasses import replace

import pytest

from regard.corpus.builtin.agreement import Agreement
from regard.corpus.builtin.clauses import Scene, question, statement, yes_no_question
from regard.corpus.builtin.draw import Policy
from regard.corpus.builtin.lexicon import Verb, load_lexicon
from regard.corpus.builtin.noun_phrases import NounPhrase
from regard.corpus.builtin.people import clitic, name, subject_pronoun
from regard.corpus.builtin.surface import render
from regard.corpus.builtin.verb_groups import Manner, Negation, Tense, passive
from regard.corpus.builtin.words import Phrase, phrase

PLAIN = Policy()


def verb(english: str, frame: str = "") -> Verb:
    return next(word for word in load_lexicon().verbs if word.english == english and frame in ("", word.frame))


def who(text: str) -> NounPhrase:
    return name(text) if text[0].isupper() and text != "I" else subject_pronoun(text, PLAIN)


def said(subject: str, what: Verb | None, how: Manner, rest: str = "") -> str:
    english, french = rest.split("/") if rest else ("", "")
    return render(statement(Scene(who(subject), what, how, (phrase(english, french),))))[1]


@pytest.mark.parametrize(
    ("tense", "english", "french"),
    [
        (Tense.PRESENT, "She does not eat", "Elle ne mange pas"),
        (Tense.PROGRESSIVE, "She is not eating", "Elle ne mange pas"),
        (Tense.PAST, "She did not eat", "Elle n'a pas mangé"),
        (Tense.NEAR, "She is not going to eat", "Elle ne va pas manger"),
        (Tense.CAN, "She cannot eat", "Elle ne peut pas manger"),
        (Tense.MUST, "She must not eat", "Elle ne doit pas manger"),
        (Tense.WANT, "She does not want to eat", "Elle ne veut pas manger"),
    ],
)
def test_negation_in_every_tense(tense: Tense, english: str, french: str) -> None:
    scene = Scene(who("she"), verb("eat"), Manner(tense, Negation.NOT))
    assert render(statement(scene))[:2] == (english, french)


@pytest.mark.parametrize(
    ("negation", "english", "french"),
    [
        (Negation.NEVER, "They never left", "Ils ne sont jamais partis"),
        (Negation.NO_LONGER, "They no longer left", "Ils ne sont plus partis"),
    ],
)
def test_other_negations_take_no_helping_verb(negation: Negation, english: str, french: str) -> None:
    scene = Scene(who("they"), verb("leave", "alone"), Manner(Tense.PAST, negation))
    assert render(statement(scene))[:2] == (english, french)


@pytest.mark.parametrize(
    ("tense", "negation", "french"),
    [
        (Tense.PRESENT, None, "Je t'aime"),
        (Tense.PRESENT, Negation.NOT, "Je ne t'aime pas"),
        (Tense.PAST, Negation.NOT, "Je ne t'ai pas aimé"),
        (Tense.NEAR, Negation.NOT, "Je ne vais pas t'aimer"),
        (Tense.CAN, None, "Je peux t'aimer"),
    ],
)
def test_a_clitic_stands_before_its_verb(tense: Tense, negation: Negation | None, french: str) -> None:
    how = Manner(tense, negation, clitics=(clitic("you", PLAIN),))
    assert said("I", verb("love"), how) == french


@pytest.mark.parametrize(
    ("thing", "receiver", "french"),
    [
        ("it", "me", "Elle me le donne"),
        ("it", "him", "Elle le lui donne"),
        ("them", "them", "Elle les leur donne"),
        ("it", "us", "Elle nous le donne"),
        ("them", "you", "Elle te les donne"),
    ],
)
def test_the_order_of_two_clitics(thing: str, receiver: str, french: str) -> None:
    pair = (clitic(thing, PLAIN), clitic(receiver, PLAIN, direct=False, preposition="to"))
    assert said("she", verb("give"), Manner(clitics=pair)) == french
    scene = Scene(who("she"), verb("give"), Manner(clitics=pair))
    assert render(statement(scene))[0] == f"She gives {thing} to {receiver}"


@pytest.mark.parametrize(
    ("pronoun", "direct", "french"),
    [
        ("her", True, "Il l'a vue"),
        ("him", True, "Il l'a vu"),
        ("them", True, "Il les a vus"),
        ("us", True, "Il nous a vus"),
        ("her", False, "Il lui a vu"),
    ],
)
def test_a_direct_object_before_avoir_agrees_and_an_indirect_one_does_not(
    pronoun: str, direct: bool, french: str
) -> None:
    how = Manner(Tense.PAST, clitics=(clitic(pronoun, PLAIN, direct=direct),))
    assert said("he", verb("see"), how) == french


@pytest.mark.parametrize(
    ("subject", "what", "french"),
    [
        ("she", "go", "Elle est allée"),
        ("they", "arrive", "Ils sont arrivés"),
        ("Anna", "get up", "Anna s'est levée"),
        ("we", "hurry", "Nous nous sommes dépêchés"),
        ("you", "sit", "Tu t'es assis"),
        ("she", "dance", "Elle a dansé"),
    ],
)
def test_etre_agrees_with_the_subject_and_avoir_does_not(subject: str, what: str, french: str) -> None:
    assert said(subject, verb(what), Manner(Tense.PAST)) == french


def test_a_reflexive_verb_whose_object_follows_does_not_agree() -> None:
    how = Manner(Tense.PAST, moved_object=Agreement())
    assert said("she", verb("wash", "oneself"), how, "her hands/les mains") == "Elle s'est lavé les mains"


def test_the_reflexive_pronoun_follows_the_subject_in_the_infinitive() -> None:
    assert said("we", verb("sit"), Manner(Tense.WANT)) == "Nous voulons nous asseoir"
    assert said("I", verb("get up"), Manner(Tense.NEAR)) == "Je vais me lever"


def test_adverbs_stand_behind_the_finite_verb() -> None:
    how = Manner(Tense.PAST, adverb=phrase("often", "souvent"))
    scene = Scene(who("he"), verb("travel"), how)
    assert render(statement(scene))[:2] == ("He often travelled", "Il a souvent voyagé")


def test_expressions_keep_their_words_behind_pas() -> None:
    assert said("I", verb("need"), Manner(Tense.PRESENT, Negation.NOT), "x/de pain") == "Je n'ai pas besoin de pain"


@pytest.mark.parametrize(
    ("tense", "english", "french"),
    [
        (Tense.PRESENT, "Does she sing?", "Est-ce qu'elle chante ?"),
        (Tense.PAST, "Did she sing?", "Est-ce qu'elle a chanté ?"),
        (Tense.NEAR, "Is she going to sing?", "Est-ce qu'elle va chanter ?"),
        (Tense.CAN, "Can she sing?", "Est-ce qu'elle peut chanter ?"),
    ],
)
def test_questions_move_the_helping_verb(tense: Tense, english: str, french: str) -> None:
    assert render(yes_no_question(Scene(who("she"), verb("sing"), Manner(tense))))[:2] == (english, french)


def test_a_moved_object_agrees() -> None:
    how = Manner(Tense.PAST, moved_object=Agreement(plural=True, feminine=True, several=True))
    asked = question(Scene(who("you"), verb("eat"), how), phrase("how many apples", "combien de pommes"))
    assert render(asked)[:2] == ("How many apples did you eat?", "Combien de pommes est-ce que tu as mangées ?")


def test_the_passive_agrees_with_its_subject() -> None:
    group = passive(verb("write"), Agreement(feminine=True), Negation.NOT)
    assert render(Phrase(group.english, group.french))[:2] == ("Was not written", "N'a pas été écrite")


@pytest.mark.parametrize(
    ("policy", "french"),
    [
        (Policy(), "Tu es fatigué"),
        (Policy(polite=True), "Vous êtes fatigué"),
        (Policy(feminine=True), "Tu es fatiguée"),
        (Policy(polite=True, feminine=True), "Vous êtes fatiguée"),
    ],
)
def test_the_policy_settles_who_you_are(policy: Policy, french: str) -> None:
    you = subject_pronoun("you", policy)
    tired = next(word for word in load_lexicon().adjectives if word.english == "tired")
    rest = phrase("tired", tired.french(you.agreement))
    assert render(statement(Scene(you, None, Manner(), (rest,))))[1] == french


def test_the_subject_and_tense_do_not_change_what_was_given() -> None:
    how = Manner(Tense.PAST)
    scene = Scene(who("she"), verb("eat"), how)
    assert scene.told(replace(how, tense=Tense.NEAR)).how.tense is Tense.NEAR
    assert scene.how is how
