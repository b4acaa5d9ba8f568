"""One person on one page: what every page is given."""

from dataclasses import dataclass

from hub.access.service import Caller
from hub.console.feed import Feed
from hub.console.frame import Frame
from hub.console.wording import Words


@dataclass(frozen=True, slots=True)
class Visit:
    """Who looks at a page, in which words, in which frame, and what keeps it alive."""

    words: Words
    caller: Caller
    frame: Frame
    feed: Feed
