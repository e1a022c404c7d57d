"""The statements of the wire, each with its proof."""
