"""What tests of every service need: real databases, brokers, tokens, clocks; never imported by
running code.
"""
