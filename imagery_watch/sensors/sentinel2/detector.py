"""Sentinel-2 as the change stage sees it: the 10 m bands of MSI, as reflectance on the ground."""

from importlib.resources import files
from io import BytesIO

from imagery_watch.model.detector import DetectorModel
from imagery_watch.model.network import ConvolutionalNetwork


def _load_network(name: str) -> ConvolutionalNetwork:
    return ConvolutionalNetwork.from_archive(BytesIO(files(__package__ or "").joinpath(name).read_bytes()))


DETECTOR = DetectorModel(
    quantity="reflectance",
    # Sentinel-2A, rounded (ESA, Sentinel-2 Spectral Response Functions, COPE-GSEG-EOPG-TN-15-0007); 2B is within 1 nm.
    # One unnamed band is taken for panchromatic: assumed.
    wavelengths_nm={"B02": 492, "B03": 560, "B04": 665, "B08": 833, "mono": 600},
    # A Gaussian with the 10 m bands' MTF of 0.24 to 0.28 at Nyquist has a sigma of 5.2 m (Sentinel-2 MPC, Data Quality
    # Report, section Modulation Transfer Function); resampling to the tile and to the reference adds 2.5 m in
    # quadrature (assumed).
    psf_sigma_m=5.8,
    # Diffuse share of global irradiance under a clear sky: the spectral model of Bird and Riordan 1986,
    # doi:10.1175/1520-0450(1986)025<0087:SSSMFD>2.0.CO;2, gives .29, .23, .17, .12 with the sun 45 degrees high, an
    # aerosol optical depth of 0.18 and an albedo of 0.2. Blue runs from 0.19 (sun at 60 degrees, depth 0.1) to 0.47
    # (30 degrees, 0.3). For an unnamed band: assumed.
    skylight={"B02": 0.28, "B03": 0.22, "B04": 0.18, "B08": 0.12, "mono": 0.2},
    default_skylight=0.2,
    # ESA, Sentinel-2 MSI Technical Guide, inter-band time delays; they vary by 2 % with detector and altitude
    # (Binet, Bergsma and Poulain 2022, doi:10.5194/isprs-annals-V-1-2022-57-2022).
    band_delay_s={"B02": 0.0, "B08": 0.26, "B03": 0.53, "B04": 1.01},
    # From bare metal and military grey to white: assumed, the same in all bands.
    paint_mean=0.40,
    paint_sigma=0.18,
    paint_range=(0.05, 0.95),
    # Sensor noise of 0.0015 and interpolation together: assumed.
    min_noise=0.004,
    # Pickands 1975, doi:10.1214/aos/1176343003, for the law; its numbers were fitted to 283 false hits on 39 simulated
    # airfields of two simulators: 845 km2 x pass, concrete and asphalt, 1 to 2 % noise, suns from 30 to 63 degrees.
    tail_threshold=3.0,
    tail_shape=0.16,
    tail_scale=2.33,
    tail_rate=0.2,
    clutter_power=2.0,
    min_reported_llr=4.0,
    # Learnt from simulated terminals by benchmarks/train_network.py; docs/method.md, section 6.
    pair_network=_load_network("pair_network.npz"),
    ground_network=_load_network("ground_network.npz"),
)
"""The detector's constants for Sentinel-2 Level-2A."""
