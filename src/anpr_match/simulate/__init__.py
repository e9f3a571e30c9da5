"""Cameras that are not there: invented traffic and the Operation Astare story, for demonstration and load.

Everything is invented. The plates are marks that cannot have been issued; the camera sites are rough
places on real roads where no camera is known to stand.
"""
