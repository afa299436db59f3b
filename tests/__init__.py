"""Black-box tests of the whole platform, through the gateway, as real processes."""
