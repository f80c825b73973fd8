"""What every background answers: shapes, edges, parameters, and relations between the distances."""

import numpy as np
import pytest

from solvers.backgrounds import Background, CambLCDM, DarkEnergy, GRBaryons, GRMatter, PowerLaw, SigmaBaryons

MODELS = {
    "sigma": SigmaBaryons(params={"omega_b": 0.05, "a_cos": 8.83}),
    "lcdm": DarkEnergy(params={"omega_m": 0.3}),
    "curved": DarkEnergy(params={"omega_m": 0.3, "omega_k": -0.2, "omega_r": 8.5e-5, "w0": -0.8, "wa": 0.3}),
    "baryons": GRBaryons(params={"omega_b": 0.05}),
    "matter": GRMatter(params={"omega_m": 0.3, "omega_r": 8.5e-5}),
    "power": PowerLaw(params={"p": 0.8}),
    "camb": CambLCDM(params={"omega_m": 0.3, "H0": 70.0}),
}
OWN = {name: model for name, model in MODELS.items() if name != "camb"}
METHODS = (
    "efunc",
    "hubble",
    "comoving_distance",
    "luminosity_distance",
    "angular_diameter_distance",
    "distance_modulus",
    "age",
)
Z = np.array([0.1, 0.7, 2.0])


def models(known=MODELS):
    return pytest.mark.parametrize("model", [pytest.param(m, id=n) for n, m in known.items()])


@models()
def test_distances_vanish_today_and_the_modulus_has_no_value_there(model):
    z = np.array([0.0, 0.5])
    for method in ("comoving_distance", "luminosity_distance", "angular_diameter_distance"):
        today, then = getattr(model, method)(z)
        assert today == 0.0
        assert then > 0
    assert np.isnan(model.distance_modulus(z)).tolist() == [True, False]


@models()
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("z", [-1.0, -3.0, np.nan])
def test_redshifts_that_do_not_exist_are_refused(model, method, z):
    with pytest.raises(ValueError, match="^z: redshifts must be finite numbers above -1$"):
        getattr(model, method)(np.array([0.5, z]))


@pytest.mark.parametrize("method", ["w_eff", "w_eff_source_sign", "log_derivative"])
@pytest.mark.parametrize("z", [-1.0, -3.0, np.nan])
def test_the_equation_of_state_refuses_them_too(method, z):
    with pytest.raises(ValueError, match="^z: redshifts must be finite numbers above -1$"):
        getattr(MODELS["sigma"], method)(np.array([0.5, z]))


@models({name: model for name, model in OWN.items() if name != "curved"})
def test_the_future_has_negative_distances(model):
    z = np.array([-0.2, 0.5])
    distance = model.comoving_distance(z)
    step = np.linspace(0.0, -0.2, 4001)
    rate = 299792.458 / model.hubble(step)
    assert distance[0] == pytest.approx(np.trapezoid(rate, step), rel=2e-4)
    assert distance[1] == pytest.approx(float(model.comoving_distance([0.5])[0]), rel=1e-10)


@models()
def test_the_order_of_the_redshifts_does_not_matter(model):
    shuffled = np.array([2.0, 0.1, 0.7, 0.1])
    for method in METHODS:
        expected = getattr(model, method)(Z)[[2, 0, 1, 0]]
        np.testing.assert_allclose(getattr(model, method)(shuffled), expected, rtol=1e-11)


@models()
def test_identical_redshifts_give_identical_results(model):
    z = np.array([0.3, 1.1, 0.3, 0.7, 0.3])
    for method in METHODS:
        result = getattr(model, method)(z)
        assert result[0] == result[2] == result[4]


@models()
def test_distances_are_tied_to_each_other(model):
    comoving = model.comoving_distance(Z)
    np.testing.assert_allclose(model.luminosity_distance(Z), (1 + Z) * comoving, rtol=1e-14)
    np.testing.assert_allclose(model.angular_diameter_distance(Z), comoving / (1 + Z), rtol=1e-14)
    np.testing.assert_allclose(model.distance_modulus(Z), 5 * np.log10((1 + Z) * comoving) + 25, rtol=1e-14)
    np.testing.assert_allclose(model.hubble(Z), 70.0 * model.efunc(Z), rtol=1e-12)


@models()
def test_a_single_redshift_is_an_axis_of_one(model):
    assert model.efunc(0.5).shape == model.comoving_distance(0.5).shape == (1,)
    assert model.comoving_distance(0.5)[0] == pytest.approx(model.comoving_distance(np.array([0.5, 1.0]))[0])


VARYING = [
    ("sigma", {"a_cos": [0.0, 8.83, 1e5]}),
    ("sigma", {"a_cos": [[1.0, 2.0, 3.0]], "omega_b": [[0.04], [0.05]]}),
    ("lcdm", {"omega_m": [0.2, 0.3]}),
    ("curved", {"omega_k": [-0.2, 0.0, 0.2]}),
    ("baryons", {"omega_b": [0.04, 0.05], "H0": [60.0, 70.0]}),
    ("power", {"p": [0.8, 1.0, 1.5]}),
    *((name, {"H0": [60.0, 70.0, 80.0]}) for name in OWN),
]


@pytest.mark.parametrize(("name", "arrays"), VARYING)
@pytest.mark.parametrize("method", METHODS)
def test_parameter_arrays_come_before_the_redshift_axis(name, arrays, method):
    arrays = {key: np.array(value) for key, value in arrays.items()}
    shape = np.broadcast_shapes(*(array.shape for array in arrays.values()))
    full = {key: np.broadcast_to(array, shape) for key, array in arrays.items()}
    model = MODELS[name]
    result = getattr(model, method)(Z, **full)
    assert result.shape == (*shape, 3)
    for index in np.ndindex(shape):
        single = getattr(model, method)(Z, **{key: float(array[index]) for key, array in full.items()})
        np.testing.assert_allclose(result[index], single, rtol=1e-12)


@models()
def test_illegal_parameters_are_refused_with_their_name_and_range(model):
    with pytest.raises(ValueError, match=r"^H0=0: must be > 0$"):
        model.comoving_distance(Z, H0=0.0)
    with pytest.raises(ValueError, match=r"^H0=nan: must be > 0$"):
        model.efunc(Z, H0=np.nan)


@models(OWN)
def test_one_bad_number_in_an_array_is_enough(model):
    with pytest.raises(ValueError, match=r"^H0=-5: must be > 0$"):
        model.age(Z, H0=np.array([70.0, -5.0]))


@pytest.mark.parametrize(
    ("cls", "params", "message"),
    [
        (SigmaBaryons, {"omega_b": 0.05, "a_cos": -1}, "params.a_cos=-1: must be >= 0"),
        (SigmaBaryons, {"omega_b": 0.0, "a_cos": 1}, "params.omega_b=0: must be > 0"),
        (SigmaBaryons, {"omega_b": 0.05}, "params.a_cos: missing, give a number or a prior"),
        (SigmaBaryons, {"omega_b": 0.05, "acos": 1}, "params.acos: unknown parameter; did you mean a_cos?"),
        (GRBaryons, {"omega_b": 0.05, "omega_r": -1e-5}, "params.omega_r=-1e-05: must be >= 0"),
        (DarkEnergy, {"omega_m": 0.3, "w0": float("inf")}, "params.w0=inf: must be a finite number"),
        (PowerLaw, {}, "params.p: missing, give a number or a prior"),
    ],
)
def test_illegal_models_cannot_be_built(cls, params, message):
    with pytest.raises(ValueError) as error:
        cls(params=params)
    assert str(error.value) == message


def test_names_are_checked_when_values_are_given():
    with pytest.raises(ValueError, match=r"^omega_M: unknown parameter; did you mean .*omega_m"):
        MODELS["lcdm"].efunc(Z, omega_M=0.3)
    free = DarkEnergy(params={"omega_m": {"prior": {"min": 0.1, "max": 0.5}}})
    with pytest.raises(ValueError, match=r"^omega_m: not fixed by params, give its value$"):
        free.efunc(Z)
    np.testing.assert_array_equal(free.efunc(Z, omega_m=0.3), MODELS["lcdm"].efunc(Z))


def test_the_law_of_a_sigma_background_must_be_a_law():
    with pytest.raises(ValueError, match=r"^law='sigma': must be a law"):
        SigmaBaryons(params={"omega_b": 0.05, "a_cos": 1.0}, law="sigma")


@models()
def test_only_the_sigma_background_has_a_compiled_form(model):
    compiled = model.compiled_efunc((), np.array([1.0, 2.0]))
    assert (compiled is not None) == isinstance(model, SigmaBaryons)
    assert isinstance(model, Background)
