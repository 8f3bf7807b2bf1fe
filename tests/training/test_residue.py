"""What paper leaves on pictures, in training."""

from dataclasses import asdict

import pytest
import torch
from torch import Tensor

from handwriting_ai.training.augment import augment
from handwriting_ai.training.recipes import DRAWN_STYLES
from handwriting_ai.training.residue import leave_residue
from handwriting_ai.training.stages import Augmentation, Residue

_CHANGES: dict[str, Residue] = {
    "noise": Residue(share=1.0, noise=0.25),
    "blur": Residue(share=1.0, blur=1.0),
    "fade": Residue(share=1.0, fade=0.5),
    "breaks": Residue(share=1.0, breaks=0.7),
    "specks": Residue(share=1.0, specks=6.0),
    "lines": Residue(share=1.0, lines=0.6),
    "hole_px": Residue(share=1.0, hole_px=5),
}
_ALL = Residue(share=0.25, noise=0.25, blur=1.0, fade=0.5, breaks=0.7, specks=6.0, lines=0.6, hole_px=5)


def _ink(count: int) -> Tensor:
    """A square of full ink in the middle."""
    ink = torch.zeros(count, 1, 28, 28)
    ink[:, :, 8:20, 8:20] = 1.0
    return ink


def _generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("change", _CHANGES)
def test_each_change_strikes_half_of_the_pictures(change: str) -> None:
    """Of those that are changed at all; the result stays between paper and full ink, and what was given as it is."""
    grey = 0.0 if change in {"lines", "specks"} else 0.5
    ink = torch.full((400, 1, 28, 28), grey)
    left = leave_residue(ink, _CHANGES[change], _generator())
    struck = (left != ink).flatten(1).any(dim=1).float().mean()
    assert float(struck) == pytest.approx(0.5, abs=0.15)
    assert float(left.amin()) >= 0
    assert float(left.amax()) <= 1
    assert torch.equal(ink, torch.full_like(ink, grey))


def test_ink_is_lost_or_added_where_each_change_says() -> None:
    """Fading, breaks and holes lose ink alone; specks and lines add it alone; a blur keeps its sum."""
    ink = _ink(100)
    for change in ("fade", "breaks", "hole_px"):
        assert (leave_residue(ink, _CHANGES[change], _generator()) <= ink).all()
    for change in ("specks", "lines"):
        assert (leave_residue(ink, _CHANGES[change], _generator()) >= ink).all()
    blurred = leave_residue(ink, Residue(share=1.0, blur=1.0), _generator())
    assert torch.allclose(blurred.sum(dim=(1, 2, 3)), ink.sum(dim=(1, 2, 3)), rtol=1e-4)


def test_the_share_says_how_many_pictures_are_changed() -> None:
    """The others pass as they are; the same state of the generator leaves the same."""
    ink = _ink(1_000)
    left = leave_residue(ink, _ALL, _generator())
    struck = (left != ink).flatten(1).any(dim=1).float().mean()
    assert 0.15 < float(struck) <= 0.3
    assert torch.equal(left, leave_residue(ink, _ALL, _generator()))
    assert not torch.equal(left, leave_residue(ink, _ALL, _generator(1)))
    assert torch.equal(leave_residue(ink, Residue(), _generator()), ink)


def test_augmentation_leaves_residue_last() -> None:
    """Only where a recipe has it; `drawn_styles` uses every change there is."""
    ink = _ink(200)
    assert torch.allclose(augment(ink, Augmentation(), _generator()), ink, atol=1e-5)
    changed = augment(ink, Augmentation(residue=Residue(share=1.0, noise=0.25)), _generator())
    assert (changed[:, :, 0, 0] > 0).any()
    residue = DRAWN_STYLES.stages[0].augmentation.residue
    assert residue is not None
    amounts: dict[str, float] = asdict(residue)
    assert all(amount > 0 for amount in amounts.values())
