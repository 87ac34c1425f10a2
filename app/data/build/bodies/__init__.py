"""The bodies of authorities.json, by place; `body.py` has the shape of one and the keys that several modules use."""
