"""模拟开标: the real thing with every party in a process of its own, at any size, with misbehaviour on
demand.
"""
