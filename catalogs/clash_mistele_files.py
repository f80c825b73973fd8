"""The files of the deprojected CLASH profiles as published: name, size and sha256 of each.

Two a cluster, its profile and the correlation matrix of its masses, and one table of all clusters.
"""

from __future__ import annotations

from catalogs.files import DataFile

__all__ = ["CLUSTERS", "CORRELATIONS", "PROFILES", "SUMMARY"]

_URL = "https://zenodo.org/api/records/15476959/files"
_PINNED = """
abell209-M-corr 1862 a182c84c9de0a63d4558d4b6f5f35ed785aeb7c375b84eb60a8ba711a87e853e
abell209 2983 20597fe50637ef4b505f46b27b7d9a544d6b3e26249460e07536c7834512e9fb
abell2261-M-corr 1932 3ee59499072f0a7948483862f84e0fd93d82aaf7ec2c131dc98791b49261f271
abell2261 2990 38b23772ffcec5f0cc17d925e264cb57c825a39ef2f0bf7c26f7841290cc91e1
abell383-M-corr 1884 21a2157975e756139704e44c9ad6719681d0825ed8650d617e1b4c7bf80f2665
abell383 3000 b94d51b18c5157200cd47fd5b8753f9bd15b3ef6759e74cc88f8cf5131d08848
abell611-M-corr 1963 7372a8ec6d1da1298b355afadfd546de1decd949841ef84a230f9f97d69bd0f6
abell611 2991 ccadf240b730ca5b8ff784d292ddaf3bca2ad45df267c33dc634f22bca38310c
macsj0329-M-corr 1963 59d41335fc31065e8760489120aa4579bb2f1c2873f1568abbfb2d6220bfb1c1
macsj0329 2986 887862ec4b51a5adf8a88cfb5bfddd4f867130a0f9ba400911d11486163e4eb9
macsj0416-M-corr 1923 6f07b971d92bc0c6562d7edc5d82119ccd700932804adc9ec22c7ab27fde844f
macsj0416 2969 c558a00bbb08046b4944f4ad6fa82ba92d17719a08b1249357a24b44b9e3de60
macsj0429-M-corr 1897 8bff258c94977108854fed8691355bf9d9e58a4626bab96446cb0f174527e116
macsj0429 2989 97062cffe4fd31f4c94f45569471b1bd5ef349cd3dfefb7881468b6a0b8d8bf2
macsj0647-M-corr 1916 4d3c44dd8fdab035d1e18168ca4fc3316f16333e4bb5e49885017859c54608f7
macsj0647 2987 f2452b9ab3c166bd4d3d32ec528651b54396f3ddf8d5a01aa5a0eab6a4f54ea9
macsj0717-M-corr 1923 3b2cb9d928138dc3f24cc48acc1551cfe0d0739050698dae3abe7ae97a25ece4
macsj0717 2970 92a9b1fceb7cae568f90b8157000832ad80ad4ce5a05322bd632c637016585b1
macsj0744-M-corr 1926 2d9b899a6b77dea29c043cbdf5be498bb9e16b601cde4d1ffc2b8f1f75f35691
macsj0744 2992 1ecb8c079209015ae36b5f3729425458a82216d294cb4ce5e8f1b1b98e96da5d
macsj1115-M-corr 1939 d75d9c643f8f08724ddaff5b40d3498025d56f7b0af0ea202cbebfc2ad6f7cee
macsj1115 2998 301b9d75b7e9c11bacf736d2a7f5a4f05a62ef2eb798df672c2433bb98cf4cce
macsj1149-M-corr 1533 2259d8ca035b1d453f17c9e182e95087a21e8579efc400e18afb0564610095eb
macsj1149 2725 97e029ba448942649b082e66f4d64fa37b24a9bbf8c22cbc2109a7fbc1e5764e
macsj1206-M-corr 1975 b391770ade51da319061408f9eb0e096ea511c13edcb086d1b757685e2138bde
macsj1206 3005 84f72e560030556429f39e96e08c185e2c8352e9c4a98634931c2beb8d9158a1
macsj1720-M-corr 1929 ad1ae0bbdfb5ce1d7e4108e6eac29ad40f9d0b3808e070325ff8b6faa00415b5
macsj1720 2990 4bf85ced0f147ba91cfbeac5d108cf1df83f3d5d0863ae6ff43b6e570cd73edb
macsj1931-M-corr 1949 a1ae5e3f7eb2ae28a981e34ffb1a0ad7f835ff6b4116b0423e0d19a842768418
macsj1931 2992 6fb4c5e089ccd0338c1bc4f0cae9fb7d59b52bf37945ac80c0cc4ad7cbcb8371
ms2137-M-corr 1951 5272f6ecfddd9efa62c9f1b659772615ede5a99564bf89692a988725028566c3
ms2137 2997 26de0ab5b9d91c2f7d6b5424fd6709dd989ae816dbf20c4c293769532a22c3ef
rxj1347-M-corr 1934 ca6491730ce09c99789509491471161547e866ebc30d3b826bae46834b82a851
rxj1347 2995 1e3e5dc6a3ed63946c4e934715eb374aafe30cf7390b08423ddfb1e23d5c83ee
rxj1532-M-corr 1896 00208f5fae8562fce01823e0ee4ed1d89bd147bce1fb7fe3b09a5ac8b5a703c5
rxj1532 2996 74b32d4522f2f4ee10ff2ce10cd0d8a3e1631384246a692f69f06aed602123b5
rxj2129-M-corr 1968 81b04f67cf5e84deba6075eae779260dcaa2d8e000792ae7838004196a95755f
rxj2129 2996 4828b3c83bcab6ada0314cc680e265d234d4b0eb1ac3dae514ea5e4f029b8908
rxj2248-M-corr 1913 0cd6e9a7756dd78259fdcfdb561ab9dfd17d2140160e38267725f2136277075e
rxj2248 2999 3d8d6f9a418549bc6c40686b97734d9c96a9295a0fd1091b46cbacbb2ac232f6
vflat-Mb-M200c 7275 770b835ba3907fe114e089e7e6961bae94a68633ca6883b587f203928c25b44c
"""


def _registered() -> dict[str, DataFile]:
    rows = (line.split() for line in _PINNED.split("\n") if line)
    return {
        stem: DataFile("clash_mistele2025", f"{stem}.csv", sha256, int(size), f"{_URL}/{stem}.csv/content")
        for stem, size, sha256 in rows
    }


_FILES = _registered()
_END = "-M-corr"
SUMMARY = _FILES["vflat-Mb-M200c"]
"""Flat velocity, mass of the baryons and total mass of every cluster."""

CLUSTERS = tuple(stem.removesuffix(_END) for stem in _FILES if stem.endswith(_END))
PROFILES = {name: _FILES[name] for name in CLUSTERS}
"""Mass and density profile by cluster."""

CORRELATIONS = {name: _FILES[f"{name}{_END}"] for name in CLUSTERS}
"""Correlation matrix of the statistical errors of the masses by cluster."""
