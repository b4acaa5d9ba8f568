"""What a picture is: rows of pixels, one byte a channel."""

import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]
"""Height x width, 0 black to 255 white."""

Colour = NDArray[np.uint8]
"""Height x width x 3, in the order blue, green, red."""
