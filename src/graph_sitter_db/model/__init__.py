"""The nouns every stage shares: plain, frozen values.

They know nothing of tools, databases or screens.
"""
