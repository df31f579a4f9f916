from __future__ import annotations

from typing import NoReturn, final

MASK = "<secret>"


@final
class Secret:
    """Hold an opened secret that shows itself only through `reveal()`.

    Text of it is a mask, a copy of it is the same object, and it refuses to be pickled or put into JSON. It has no
    equality of its own: `==` on secrets tells their contents by its timing.
    """

    __slots__ = ("__value",)

    def __init__(self, value: str) -> None:
        self.__value = value

    def reveal(self) -> str:
        """Return the secret itself."""
        return self.__value

    def __repr__(self) -> str:
        return MASK

    def __str__(self) -> str:
        return MASK

    def __format__(self, format_spec: str) -> str:
        return MASK

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: object) -> Secret:
        return self

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("A secret cannot be pickled")

    def __getstate__(self) -> NoReturn:
        raise TypeError("A secret has no state to hand out")
