"""The tile-grid map: one equal square for each of the 38 provinces, so that none is too small."""

from collections.abc import Mapping
from typing import NamedTuple


class Tile(NamedTuple):
    """Where a province stands, in squares from the north-west, and its ISO 3166-2:ID letters."""

    column: int
    row: int
    letters: str


COLUMNS, ROWS = 14, 7
TILES: Mapping[str, Tile] = {
    "11": Tile(0, 0, "AC"), "12": Tile(0, 1, "SU"), "14": Tile(1, 1, "RI"), "21": Tile(2, 1, "KR"),
    "13": Tile(0, 2, "SB"), "15": Tile(1, 2, "JA"), "17": Tile(1, 3, "BE"), "16": Tile(2, 3, "SS"),
    "19": Tile(3, 3, "BB"), "18": Tile(2, 4, "LA"),
    "36": Tile(3, 5, "BT"), "31": Tile(4, 4, "JK"), "32": Tile(4, 5, "JB"), "33": Tile(5, 5, "JT"),
    "34": Tile(5, 6, "YO"), "35": Tile(6, 5, "JI"), "51": Tile(7, 5, "BA"), "52": Tile(8, 5, "NB"),
    "53": Tile(9, 5, "NT"),
    "61": Tile(4, 1, "KB"), "62": Tile(5, 1, "KT"), "63": Tile(5, 2, "KS"), "64": Tile(6, 1, "KI"),
    "65": Tile(6, 0, "KU"),
    "71": Tile(9, 0, "SA"), "75": Tile(8, 1, "GO"), "72": Tile(8, 2, "ST"), "76": Tile(7, 2, "SR"),
    "73": Tile(7, 3, "SN"), "74": Tile(8, 3, "SG"),
    "82": Tile(10, 1, "MU"), "81": Tile(10, 3, "MA"),
    "96": Tile(11, 2, "PD"), "92": Tile(12, 2, "PB"), "91": Tile(13, 2, "PA"),
    "94": Tile(12, 3, "PT"), "95": Tile(13, 3, "PE"), "93": Tile(13, 4, "PS"),
}  # fmt: skip
