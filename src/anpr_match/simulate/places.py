"""The roads of the demonstration: invented camera sites of seven forces, and the units of one operation.

Positions are approximate, placed by hand for a simulator, and not for navigation.
"""

from anpr_match.domain.camera import Camera

_SITES = (
    # camera, force, name, road, lat, lon, heading of the traffic it reads
    ("KENT-M2-J7", "kent", "M2 junction 7, Faversham", "M2", 51.300, 0.935, 290),
    ("KENT-A249", "kent", "Sheppey", "A249", 51.389, 0.748, 200),
    ("KENT-M20-J10", "kent", "M20 junction 10", "M20", 51.150, 0.880, 310),
    ("KENT-A2070", "kent", "Brenzett", "A2070", 51.012, 0.855, 350),
    ("KENT-DARTFORD", "kent", "Dartford Crossing", "A282", 51.455, 0.259, 0),
    ("ESSEX-M11-J8", "essex", "M11 junction 8", "M11", 51.872, 0.197, 355),
    ("ESSEX-A120", "essex", "Braintree", "A120", 51.868, 0.560, 270),
    ("ESSEX-A12", "essex", "Hatfield Peverel", "A12", 51.778, 0.597, 225),
    ("ESSEX-A131", "essex", "Halstead", "A131", 51.945, 0.638, 315),
    ("SUFFOLK-A14", "suffolk", "Bury St Edmunds", "A14", 52.253, 0.715, 270),
    ("SUFFOLK-A11", "suffolk", "Mildenhall", "A11", 52.335, 0.523, 225),
    ("SUFFOLK-A12", "suffolk", "Copdock", "A12", 52.023, 1.095, 225),
    ("SUFFOLK-A143", "suffolk", "Stanton", "A143", 52.320, 0.880, 225),
    ("NORFOLK-A11", "norfolk", "Thetford", "A11", 52.425, 0.735, 225),
    ("NORFOLK-A47", "norfolk", "Swaffham", "A47", 52.660, 0.690, 270),
    ("NORFOLK-A17", "norfolk", "King's Lynn", "A17", 52.741, 0.375, 270),
    ("NORFOLK-A140", "norfolk", "Long Stratton", "A140", 52.487, 1.235, 180),
    ("CAMBS-A14", "cambs", "Bar Hill", "A14", 52.253, 0.020, 290),
    ("CAMBS-A10", "cambs", "Ely", "A10", 52.398, 0.240, 190),
    ("CAMBS-A47", "cambs", "Guyhirn", "A47", 52.613, 0.070, 265),
    ("CAMBS-A141", "cambs", "Chatteris", "A141", 52.455, 0.050, 210),
    ("CAMBS-A505", "cambs", "Duxford", "A505", 52.097, 0.146, 250),
    ("BEDS-M1-J13", "beds", "M1 junction 13", "M1", 52.033, -0.611, 140),
    ("BEDS-A6", "beds", "Barton-le-Clay", "A6", 51.964, -0.424, 180),
    ("BEDS-A1", "beds", "Sandy", "A1", 52.129, -0.300, 180),
    ("BEDS-A507", "beds", "Shefford", "A507", 52.040, -0.335, 270),
    ("HERTS-A1M-J9", "herts", "A1(M) junction 9", "A1(M)", 51.964, -0.207, 180),
    ("HERTS-A10", "herts", "Buntingford", "A10", 51.947, -0.017, 180),
    ("HERTS-A414", "herts", "Park Street", "A414", 51.724, -0.341, 90),
    ("HERTS-A41", "herts", "Hemel Hempstead", "A41", 51.735, -0.500, 315),
    ("HERTS-A505-HITCHIN", "herts", "Hitchin edge", "A505", 51.948, -0.286, 260),
    ("HERTS-A505-LILLEY", "herts", "Lilley turn", "A505", 51.9245, -0.368, 265),
    ("HERTS-NH14", "herts", "patrol car NH-14", "Lilley Bottom Road", 51.900, -0.342, 135),
    ("HERTS-CH35", "herts", "mobile kit CH-35, Batford", "Lower Luton Road", 51.8264, -0.3385, 130),
    ("HERTS-CH32", "herts", "The Common, Kinsbourne Green", "A1081", 51.8325, -0.3895, 155),
)

CAMERAS: tuple[Camera, ...] = tuple(
    Camera(camera_id, force, name, road, lat, lon, float(heading))
    for camera_id, force, name, road, lat, lon, heading in _SITES
)

FORCE_OF = {camera.camera_id: camera.force or "" for camera in CAMERAS}

UNITS = ("HERTS CH-32", "HERTS NH-11", "HERTS NH-14", "HERTS NH-20", "HERTS CH-35")
"""Callsigns of Operation Astare, all of Hertfordshire; the first is the one the demonstration shows."""
