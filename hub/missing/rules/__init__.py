"""When silence is suspicious: schedule, what is learned, deadlines, groups, sites. Pure.

Source: HV-2.11.2, design section 7.
"""
