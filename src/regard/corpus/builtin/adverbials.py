"""Where, when and how: prepositions, times and adverbs, with the tenses and verbs they suit."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from regard.corpus.builtin import noun_phrases as np
from regard.corpus.builtin.choosing import attributes
from regard.corpus.builtin.draw import Draw
from regard.corpus.builtin.notation import aligned
from regard.corpus.builtin.noun_phrases import NounPhrase
from regard.corpus.builtin.verb_groups import Tense
from regard.corpus.builtin.words import Phrase, phrase

_HABIT: Final = frozenset({Tense.PRESENT})
_NOW: Final = frozenset({Tense.PROGRESSIVE, Tense.MUST, Tense.WANT, Tense.WOULD})
_PAST: Final = frozenset({Tense.PAST})
_COMING: Final = frozenset({Tense.NEAR, Tense.MUST, Tense.CAN, Tense.WANT, Tense.WOULD})
_TIMES: Final = (
    ("now", "maintenant", _NOW),
    ("today", "aujourd'hui", _NOW | _PAST | _COMING),
    ("every/day", "tous les/jours", _HABIT),
    ("every/morning", "chaque/matin", _HABIT),
    ("every/evening", "chaque/soir", _HABIT),
    ("every/week", "chaque/semaine", _HABIT),
    ("in/summer", "en/été", _HABIT),
    ("in/winter", "en/hiver", _HABIT),
    ("in the/morning", "le/matin", _HABIT),
    ("in the/evening", "le/soir", _HABIT),
    ("at/night", "la/nuit", _HABIT),
    ("on/Sundays", "le/dimanche", _HABIT),
    ("on/Saturdays", "le/samedi", _HABIT),
    ("yesterday", "hier", _PAST),
    ("last/night", "hier/soir", _PAST),
    ("this/morning", "ce/matin", _PAST),
    ("last/week", "la semaine^2/dernière^1", _PAST),
    ("last/month", "le mois^2/dernier^1", _PAST),
    ("last/year", "l'année^2/dernière^1", _PAST),
    ("last/summer", "l'été^2/dernier^1", _PAST),
    ("two/days/ago", "il y a^3/deux^1/jours^2", _PAST),
    ("tomorrow", "demain", _COMING),
    ("tonight", "ce soir", _COMING),
    ("tomorrow/morning", "demain/matin", _COMING),
    ("next/week", "la semaine^2/prochaine^1", _COMING),
    ("next/year", "l'année^2/prochaine^1", _COMING),
    ("at/noon", "à/midi", _HABIT | _PAST | _COMING),
    ("at/three/o'clock", "à/trois/heures", _HABIT | _PAST | _COMING),
    ("at/five/o'clock", "à/cinq/heures", _HABIT | _PAST | _COMING),
    ("at/eight/o'clock", "à/huit/heures", _HABIT | _PAST | _COMING),
    ("at/ten/o'clock", "à/dix/heures", _HABIT | _PAST | _COMING),
    ("after/lunch", "après/le déjeuner", _HABIT | _PAST | _COMING),
    ("before/dinner", "avant/le dîner", _HABIT | _PAST | _COMING),
    ("after/school", "après/l'école", _HABIT | _PAST | _COMING),
    ("during the/holidays", "pendant les/vacances", _HABIT | _PAST | _COMING),
    ("on/Monday", "lundi^1,2", _PAST | _COMING),
    ("on/Friday", "vendredi^1,2", _PAST | _COMING),
)
_FREQUENCY: Final = (
    ("often", "souvent"),
    ("always", "toujours"),
    ("sometimes", "parfois"),
    ("rarely", "rarement"),
)
_DEGREE: Final = (("very", "très"), ("too", "trop"), ("so", "si"))


@dataclass(frozen=True, slots=True)
class Preposition:
    """An English preposition, its French counterpart, and the classes of places it goes with."""

    english: str
    french: str
    classes: frozenset[str]

    def before(self, place: NounPhrase) -> Phrase:
        """*near the house* / *près de la maison*."""
        return phrase(self.english, self.french) + place.phrase


def _preposition(english: str, french: str, classes: str) -> Preposition:
    return Preposition(english, french, frozenset(classes.split()))


INSIDE: Final = _preposition("in", "dans", "room home castle church")
HOME: Final = _preposition("in", "dans", "home farm")
OUTSIDE: Final = _preposition("in", "dans", "outdoors town")
AT: Final = _preposition("at", "à", "at")
BIG_NEIGHBOURS: Final = (
    _preposition("behind", "derrière", "building home tree opening"),
    _preposition("in front of", "devant", "building home opening"),
    _preposition("near", "près de", "building home waterside opening tree town path"),
    _preposition("next to", "à côté de", "building opening tree waterside"),
)
SMALL_NEIGHBOURS: Final = (
    _preposition("under", "sous", "stand bench"),
    _preposition("next to", "à côté de", "stand container dish"),
    _preposition("behind", "derrière", "sofa armchair desk door"),
    _preposition("near", "près de", "opening stand"),
)
UPON: Final = _preposition("on", "sur", "stand bench roof")
WATERS: Final = _preposition("in", "dans", "river lake sea pool")
WITHIN: Final = _preposition("in", "dans", "container room")
SOMEWHERE: Final = (INSIDE, OUTSIDE, AT)
TOWARDS: Final = _preposition("to", "à", "destination")
FROM: Final = _preposition("from", "de", "destination")
WITH: Final = _preposition("with", "avec", "kin dog")
DWELLING: Final = _preposition("in", "dans", "house hotel village town castle forest")
_VEHICLE_PLACES: Final = (OUTSIDE, *BIG_NEIGHBOURS)
_PLACES: Final = (
    (frozenset({"person", "infant"}), (*SOMEWHERE, *SOMEWHERE, *BIG_NEIGHBOURS)),
    (frozenset({"animal"}), (OUTSIDE, INSIDE, UPON, *BIG_NEIGHBOURS, *SMALL_NEIGHBOURS)),
    (frozenset({"vehicle"}), _VEHICLE_PLACES),
    (frozenset({"building", "home", "sight", "waterside", "path", "town", "plant"}), BIG_NEIGHBOURS),
    (frozenset({"furniture"}), (WITHIN, *SMALL_NEIGHBOURS)),
)
_THING_PLACES: Final = (UPON, UPON, WITHIN, WITHIN, *SMALL_NEIGHBOURS)


def places_for(classes: frozenset[str]) -> tuple[Preposition, ...]:
    """Where something of these classes may be."""
    for kinds, places in _PLACES:
        if kinds & classes:
            return places
    return _THING_PLACES


def place(draw: Draw, prepositions: Sequence[Preposition] = SOMEWHERE) -> Phrase:
    """Somewhere: *in the garden*, *on the old bridge*."""
    preposition = draw.pick(prepositions)
    noun = draw.noun(preposition.classes)
    return preposition.before(np.noun_phrase(noun, np.THE, attributes(draw, noun, 0.12)))


@dataclass(frozen=True, slots=True)
class MannerAdverb:
    """How something is done. ``early``: in French it stands behind the finite verb (*a bien dormi*)."""

    english: str
    french: str
    early: bool
    verbs: frozenset[str]


_HOW: Final = (
    ("quickly", "vite", False, "run walk swim work fly speak eat read write learn understand"),
    ("slowly", "lentement", False, "run walk swim work fly speak dance drive eat drink read write"),
    ("well", "bien", True, "sleep dance swim work play see sing hear understand cook know"),
    ("badly", "mal", True, "sleep dance swim work play sing see hear"),
    ("a lot", "beaucoup", True, "sleep work laugh cry travel dream run walk study play speak eat drink read cough"),
    ("loudly", "fort", False, "laugh cry shout bark snore speak cough sing"),
    ("quietly", "doucement", False, "speak walk laugh cry sing dance"),
    ("here", "ici", False, "sleep work wait play walk swim dance run"),
    ("outside", "dehors", False, "sleep work wait play walk run"),
)
MANNERS: Final = tuple(
    MannerAdverb(english, french, early, frozenset(verbs.split())) for english, french, early, verbs in _HOW
)


def time(draw: Draw, tense: Tense) -> Phrase:
    """A time that suits the tense."""
    english, french, _ = draw.pick([entry for entry in _TIMES if tense in entry[2]])
    draw.note("time", english)
    return aligned(english, french)


def frequency(draw: Draw) -> Phrase:
    """*often*, *always* … / *souvent*, *toujours* …"""
    english, french = draw.pick(_FREQUENCY)
    draw.note("adverb", english)
    return phrase(english, french)


def degree(draw: Draw) -> Phrase:
    """*very*, *too* … / *très*, *trop* …"""
    english, french = draw.pick(_DEGREE)
    return phrase(english, french)


def manners_of(verb: str) -> list[MannerAdverb]:
    """The adverbs of manner that suit an English verb."""
    return [manner for manner in MANNERS if verb in manner.verbs]
