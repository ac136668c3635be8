from enum import StrEnum


class Job(StrEnum):
    CHECK_IMPORT = "org.check-import"
    APPLY_IMPORT = "org.apply-import"
    DISCARD_OLD_IMPORTS = "org.discard-old-imports"
    CLOSE_LEAVERS = "org.close-leavers"
