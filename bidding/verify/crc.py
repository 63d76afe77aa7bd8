"""CRC-32 of a concatenation from the CRC-32s of its pieces, so that pieces can be read by several threads.

The register is a vector over GF(2); appending `n` zero bytes is a linear map, found by repeated squaring.
"""

from __future__ import annotations

from functools import cache

_POLYNOMIAL = 0xEDB88320

_Matrix = tuple[int, ...]


class Crc32:
    """The running CRC-32 of pieces appended in order."""

    __slots__ = ("value",)

    def __init__(self) -> None:
        self.value = 0

    def append(self, crc: int, length: int) -> None:
        """Append a piece of `length` bytes whose own CRC-32 is `crc`."""
        self.value = _times(_zeros(length), self.value) ^ crc


def _times(matrix: _Matrix, vector: int) -> int:
    result = 0
    for row in matrix:
        if vector & 1:
            result ^= row
        vector >>= 1
    return result


def _product(left: _Matrix, right: _Matrix) -> _Matrix:
    return tuple(_times(left, column) for column in right)


@cache
def _power(exponent: int) -> _Matrix:
    """The map of 2**exponent zero bits."""
    if exponent == 0:
        return (_POLYNOMIAL, *(1 << bit for bit in range(31)))
    half = _power(exponent - 1)
    return _product(half, half)


@cache
def _zeros(length: int) -> _Matrix:
    """The map of `length` zero bytes."""
    matrix: _Matrix = tuple(1 << bit for bit in range(32))
    bits = length * 8
    for exponent in range(bits.bit_length()):
        if bits >> exponent & 1:
            matrix = _product(_power(exponent), matrix)
    return matrix
