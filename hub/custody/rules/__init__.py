"""Custody as a pure fold over what was recorded; no clock, no database. Source: design section 6.

``records`` is what is read of event lines and their order, ``chain`` what comes out, ``spans`` the
growing chain, ``fold`` the table's rows, ``handover`` and ``delivery`` what passes between people,
``conduct``, ``storage``, ``resting``, ``carriage``, ``siblings`` and ``flights`` what was done
against the rules.
"""
