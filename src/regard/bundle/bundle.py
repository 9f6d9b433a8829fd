"""A trained model on disk, verified: what ``load_bundle`` gives."""

from dataclasses import dataclass
from pathlib import Path
from typing import final

from torch import Tensor

from regard.bundle.facts import BundleFacts
from regard.bundle.header import HeaderError
from regard.bundle.manifest import COPY_AGAIN, WEIGHTS, Manifest
from regard.bundle.tensors import read_tensors
from regard.errors import BundleError
from regard.settings import Settings
from regard.text.shortlist import Shortlist


@final
@dataclass(frozen=True, eq=False)
class Bundle:
    """Settings, tokenizer, facts and a shortlist (some have one) in memory; weights on disk until ``weights()``.

    ``notices`` are sentences for the user, such as that an interrupted replacement was fallen back from.
    """

    folder: Path
    settings: Settings
    tokenizer: bytes
    manifest: Manifest
    notices: tuple[str, ...] = ()
    shortlist: Shortlist | None = None

    @property
    def facts(self) -> BundleFacts:
        """Where the model comes from and how good it was."""
        return self.manifest.facts

    @property
    def weights_sha256(self) -> str:
        """The hash of the file of weights: two models that agree in it are the same network."""
        return self.manifest.files[WEIGHTS].sha256

    def weights(self) -> dict[str, Tensor]:
        """Reads the tensors by their names in the network's ``state_dict``; tied names give the same tensor.

        Raises:
            BundleError: the file is gone or has changed since the bundle was loaded.
        """
        path = self.folder / WEIGHTS
        try:
            tensors = read_tensors(path, sha256=self.weights_sha256)
        except HeaderError as error:
            raise BundleError(f"{path} {error}; load the model again, or {COPY_AGAIN}") from None
        except OSError as error:
            raise BundleError(f"{path} cannot be read: {error.strerror}; load the model again") from None
        return tensors | {alias: tensors[name] for alias, name in self.manifest.aliases.items()}
