"""How translations must begin: a text becomes ids, if nothing else that is asked for contradicts it."""

from regard.errors import SettingsError
from regard.settings import DecodingSettings
from regard.text import Tokenizer
from regard.text.control import UNK
from regard.translator.phrases import ForbiddenPhrases


def prefix_ids(
    text: str, tokenizer: Tokenizer, settings: DecodingSettings, forbidden: ForbiddenPhrases | None
) -> tuple[int, ...]:
    """The ids of a prefix.

    Raises:
        SettingsError: no translation can begin with it: a forbidden phrase is part of it, it repeats what may not come
            twice, leaves no room within ``max_length``, or is nothing that the vocabulary can write.
        TextError: it holds a lone surrogate.
    """
    ids = tuple(tokenizer.encode(text.strip()))
    if UNK in ids:
        raise SettingsError(f"prefix {text!r:.60} holds a sign that the model's vocabulary cannot write; leave it out")
    if forbidden is not None and forbidden.leave_out(ids):
        raise SettingsError(
            f"prefix {text!r:.60} holds a forbidden phrase, alone or in a longer word; forbid less, or begin with "
            "something else"
        )
    size = settings.no_repeat_ngram
    runs = [ids[at : at + size] for at in range(len(ids) - size + 1)] if size else []
    if len(set(runs)) < len(runs):
        raise SettingsError(
            f"prefix {text!r:.60} holds the same {f'{size} tokens' if size > 1 else 'token'} twice, which "
            f"no_repeat_ngram = {size} forbids; leave one of the two out"
        )
    if settings.max_length is not None and len(ids) >= settings.max_length:
        raise SettingsError(
            f"the prefix has {len(ids)} tokens, but the translation may have {settings.max_length}, its end counted; "
            "shorten it, or raise max_length"
        )
    return ids
