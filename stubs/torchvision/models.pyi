"""The one model of torchvision that this project builds on; the package has no `py.typed`."""

from torch import nn

def resnet18(*, weights: None = None, num_classes: int = 1000) -> nn.Module: ...
