"""Optuna's tables of trials (those of Optuna 5), for what its own code takes minutes over."""

from optuna.storages._rdb import models

TRIALS, VALUES, PARAMS, USER_ATTRIBUTES, SYSTEM_ATTRIBUTES = (
    model.__table__
    for model in (
        models.TrialModel,
        models.TrialValueModel,
        models.TrialParamModel,
        models.TrialUserAttributeModel,
        models.TrialSystemAttributeModel,
    )
)

stored_value = models.TrialValueModel.value_to_stored_repr
known_value = models.TrialValueModel.stored_repr_to_value
