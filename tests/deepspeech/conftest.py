from tests.acoustic.conftest import network, runtime  # noqa: F401
