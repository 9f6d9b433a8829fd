"""French verbs: regular endings with their spelling changes, irregular tables, imperatives."""

import pytest

from regard.corpus.builtin.conjugation import conjugate, expression_of
from regard.corpus.builtin.english_forms import past_of, plural_of, progressive_of, third_person_of
from regard.corpus.builtin.lexicon import load_lexicon


@pytest.mark.parametrize(
    ("infinitive", "present", "participle"),
    [
        ("parler", "parle parles parle parlons parlez parlent", "parlé"),
        ("finir", "finis finis finit finissons finissez finissent", "fini"),
        ("vendre", "vends vends vend vendons vendez vendent", "vendu"),
        ("manger", "mange manges mange mangeons mangez mangent", "mangé"),
        ("lancer", "lance lances lance lançons lancez lancent", "lancé"),
        ("acheter", "achète achètes achète achetons achetez achètent", "acheté"),
        ("préférer", "préfère préfères préfère préférons préférez préfèrent", "préféré"),
        ("protéger", "protège protèges protège protégeons protégez protègent", "protégé"),
        ("nettoyer", "nettoie nettoies nettoie nettoyons nettoyez nettoient", "nettoyé"),
        ("étudier", "étudie étudies étudie étudions étudiez étudient", "étudié"),
        ("se promener", "promène promènes promène promenons promenez promènent", "promené"),
        ("se sécher", "sèche sèches sèche séchons séchez sèchent", "séché"),
        ("être", "suis es est sommes êtes sont", "été"),
        ("avoir", "ai as a avons avez ont", "eu"),
        ("aller", "vais vas va allons allez vont", "allé"),
        ("faire les courses", "fais fais fait faisons faites font", "fait"),
        ("dire", "dis dis dit disons dites disent", "dit"),
        ("prendre", "prends prends prend prenons prenez prennent", "pris"),
        ("poursuivre", "poursuis poursuis poursuit poursuivons poursuivez poursuivent", "poursuivi"),
        ("peindre", "peins peins peint peignons peignez peignent", "peint"),
        ("s'asseoir", "assieds assieds assied asseyons asseyez asseyent", "assis"),
        ("recevoir", "reçois reçois reçoit recevons recevez reçoivent", "reçu"),
    ],
)
def test_present_and_participle(infinitive: str, present: str, participle: str) -> None:
    verb = conjugate(infinitive)
    assert " ".join(verb.present) == present
    assert verb.participle == participle


@pytest.mark.parametrize(
    ("infinitive", "command"),
    [
        ("fermer", ("ferme", "fermons", "fermez")),
        ("ouvrir", ("ouvre", "ouvrons", "ouvrez")),
        ("aller", ("va", "allons", "allez")),
        ("finir", ("finis", "finissons", "finissez")),
        ("prendre", ("prends", "prenons", "prenez")),
        ("manger", ("mange", "mangeons", "mangez")),
    ],
)
def test_the_imperative_drops_the_s_of_er_verbs(infinitive: str, command: tuple[str, ...]) -> None:
    assert conjugate(infinitive).command == command


def test_reflexive_verbs_and_expressions_are_recognised() -> None:
    assert conjugate("se lever").reflexive
    assert conjugate("s'habiller").infinitive == "habiller"
    assert not conjugate("sentir").reflexive
    assert expression_of("avoir besoin") == "besoin"
    assert expression_of("se laver") == ""


def test_no_verb_of_the_lexicon_is_conjugated_by_accident() -> None:
    """Verbs in -ir and -re that are not regular must stand in the table."""
    regular = {"finir", "choisir", "remplir", "réfléchir", "nourrir", "obéir"}
    regular |= {"vendre", "attendre", "entendre", "perdre", "répondre", "mordre"}
    for verb in load_lexicon().verbs:
        bare = verb.french.infinitive
        derived = verb.french.participle == bare[:-2] + {"er": "é", "ir": "i", "re": "u"}[bare[-2:]]
        if not bare.endswith("er") and derived and verb.french.present[5].endswith(("issent", bare[-3:-2] + "ent")):
            assert bare in regular | {"suivre", "poursuivre", "dormir", "partir", "sortir"}


@pytest.mark.parametrize(
    ("verb", "third", "past", "progressive"),
    [
        ("chase", "chases", "chased", "chasing"),
        ("watch", "watches", "watched", "watching"),
        ("carry", "carries", "carried", "carrying"),
        ("play", "plays", "played", "playing"),
        ("go out", "goes out", "goed out", "going out"),
        ("do the dishes", "does the dishes", "doed the dishes", "doing the dishes"),
        ("wait for", "waits for", "waited for", "waiting for"),
    ],
)
def test_english_endings(verb: str, third: str, past: str, progressive: str) -> None:
    assert (third_person_of(verb), past_of(verb), progressive_of(verb)) == (third, past, progressive)


def test_english_plurals() -> None:
    assert [plural_of(noun) for noun in ("cat", "box", "story", "boy")] == ["cats", "boxes", "stories", "boys"]
