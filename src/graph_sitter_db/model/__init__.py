"""The nouns every stage shares: plain, frozen values that know nothing of tools, databases or screens."""
