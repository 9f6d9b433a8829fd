"""A doctor for attention of any make: feeds it sentences that would show a fault, and says what, where and what to do.

``finding`` holds what comes out, ``subject`` what is examined, ``copies`` how it is copied, ``influence`` how measured;
``visibility``, ``rectangles``, ``numbers``, ``weights`` and ``modes`` are the checks, and ``examine`` runs them.
"""

from regard.attention.diagnosis.examine import doctor
from regard.attention.diagnosis.finding import Diagnosis, Finding, Place, Verdict, judged, severity
from regard.attention.diagnosis.influence import largest

__all__ = ["Diagnosis", "Finding", "Place", "Verdict", "doctor", "judged", "largest", "severity"]
