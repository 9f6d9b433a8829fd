"""FlexAttention's ``BlockMask``: a function of (row, head, query, key), and which blocks of cells are empty."""

from typing import TYPE_CHECKING

from jaxtyping import Bool
from torch import Tensor

if TYPE_CHECKING:
    from torch.nn.attention.flex_attention import BlockMask


def block_mask_from_allowed(
    allowed: Bool[Tensor, "batch mask_heads query key"], *, num_rows: int, num_heads: int
) -> "BlockMask":
    """The same mask for FlexAttention; lengths need not be multiples of the block.

    The kernel asks for every row and head, also where ours says one thing for all of them.
    """
    from torch.nn.attention.flex_attention import create_block_mask  # loads the compiler: slow, and seldom needed

    mask_rows, mask_heads, num_queries, num_keys = allowed.shape
    cells = allowed.expand(num_rows, num_heads, num_queries, num_keys)
    return create_block_mask(
        lambda row, head, query, key: cells[row, head, query, key],
        mask_rows,
        mask_heads,
        num_queries,
        num_keys,
        device=str(allowed.device),
    )


def allowed_from_block_mask(block_mask: "BlockMask") -> Bool[Tensor, "batch mask_heads query key"]:
    """What it allows, True = may look: its function asked cell by cell."""
    from torch.nn.attention.flex_attention import create_mask

    rows, heads, num_queries, num_keys = block_mask.shape
    device = str(block_mask.kv_num_blocks.device)
    return create_mask(block_mask.mask_mod, rows, heads, num_queries, num_keys, device=device)
