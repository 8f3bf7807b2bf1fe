from PIL import ImageFile

class HeifImageFile(ImageFile.ImageFile):
    def _open(self) -> None: ...
