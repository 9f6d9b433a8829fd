"""The doctor: what must hold for any trained model, checked on the model at hand, and where it breaks.

Enters: a model folder, or a translator in memory. Leaves: a ``Diagnosis``, the same value that ``attention.doctor``
gives for attention of other makes: what each check measured, and for a failure at which part, head and position.
Must not know: the command line, other toolkits' formats, how to repair what it finds.

``patient`` is who is examined, ``examine`` the list of checks; ``stages`` watches the network at work, ``sight`` says
who may look at whom. The other files hold the checks.
"""

from regard.doctor.examine import examine
from regard.doctor.patient import Patient

__all__ = ["Patient", "examine"]
