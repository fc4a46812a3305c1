"""The two inner loops of the change stage against the usual libraries, side by side in one interleaved run.

python benchmarks/kernels.py                      scikit-image and numpy
python benchmarks/kernels.py --peers-python PATH  and bottleneck, where that interpreter has it

*Registration*: 60 passes of 200 x 250 pixels against one reference, one band, known shifts within 2 pixels. Ours is
what a run does (`gradient_magnitude` of each pass, then `register`), its blocks, weights and masks included; theirs is
scikit-image's `phase_cross_correlation` with `upsample_factor=20`, on the passes as they are and on the same gradients.
Asked: an rms error of .02 pixels at the most, 20 times faster.

*Robust z*: median and 1.4826 MAD over 59 passes, and the z of the last, of 4 bands of 200 x 250 pixels with a fifth of
the pixels hidden (NaN). Ours is `change.robust.nan_median`, which the background's first steps use, and
`weighted_median` with weights of one, which the background rests on; theirs is the same lines with bottleneck's and
numpy's `nanmedian`. Asked: 4 times bottleneck's speed, 20 times numpy's, equal numbers.

To be kept in mind: one process and one thread, no aircraft and no cloud in the registered passes, a ground of smoothed
noise that is moved by the Fourier transform (bands, light and edges of real passes differ); medians of so many rounds
in one process each, the first call left out. Ours and theirs run in processes of their own, in turn. SIMULATED imagery.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from acquisition_server import ROOT, run_python
from numpy.typing import NDArray
from table import show_span, show_table, show_times

PASSES, BANDS, HEIGHT, WIDTH = 60, 4, 200, 250
MAD_TO_SIGMA = 1.4826
LARGEST_SHIFT_PX, NOISE, HIDDEN = 2.0, 0.004, 0.2
Arrays = NDArray[np.float32]
REGISTRATIONS = ("ours", "skimage", "skimage-gradients")
MEDIANS = ("ours-nan", "ours-weighted", "bottleneck", "numpy")


def write_inputs(folder: Path, seed: int) -> None:
    """Passes that are moved by known shifts; and a stack with holes."""
    from scipy import ndimage

    rng, pad = np.random.default_rng(seed), 16
    shape = (HEIGHT + 2 * pad, WIDTH + 2 * pad)
    ground = sum(ndimage.gaussian_filter(rng.normal(size=shape), sigma) * sigma for sigma in (1.0, 2.0, 5.0))
    ground = 0.15 + 0.04 * ground / np.std(ground)
    shifts = rng.uniform(-LARGEST_SHIFT_PX, LARGEST_SHIFT_PX, (PASSES, 2))
    whole, cut = np.fft.fft2(ground), np.s_[pad:-pad, pad:-pad]
    moved = [np.fft.ifft2(ndimage.fourier_shift(whole, shift)).real[cut] for shift in shifts]
    passes = np.stack([ground[cut], *moved]) + rng.normal(0, NOISE, (PASSES + 1, HEIGHT, WIDTH))
    np.save(folder / "passes.npy", passes.astype(np.float32))
    np.save(folder / "shifts.npy", shifts)
    stack = rng.normal(0.2, 0.03, (PASSES, BANDS, HEIGHT, WIDTH)).astype(np.float32)
    stack[rng.random((PASSES, 1, HEIGHT, WIDTH)).repeat(BANDS, axis=1) < HIDDEN] = np.nan
    np.save(folder / "stack.npy", stack)


def prepare_registration(way: str, folder: Path) -> Callable[[], NDArray[Any]]:
    """What gives (pass, 2): rows and columns by which each pass was moved."""
    passes = np.load(folder / "passes.npy")
    if way == "skimage":
        return lambda: correlate(passes[0], passes[1:])
    from imagery_watch.change.preprocess.registration import gradient_magnitude, register

    valid = np.ones(passes.shape[1:], bool)

    def outline(image: Arrays) -> Arrays:
        """Its edges."""
        return gradient_magnitude(image[None], valid)

    if way == "skimage-gradients":
        return lambda: correlate(outline(passes[0]), [outline(one) for one in passes[1:]])

    def ours() -> NDArray[Any]:
        """As a run does."""
        fixed = outline(passes[0])
        found = [register(outline(one), fixed, valid, 10.0) for one in passes[1:]]
        return -np.array([(one.rows, one.cols) for one in found])

    return ours


def correlate(fixed: Arrays, moving: Sequence[Arrays]) -> NDArray[Any]:
    """By scikit-image."""
    from skimage.registration import phase_cross_correlation

    return -np.array([phase_cross_correlation(fixed, one, upsample_factor=20)[0] for one in moving])


def prepare_median(way: str, folder: Path) -> Callable[[], NDArray[Any]]:
    """What gives (band, y, x): the robust z of the last pass."""
    stack = np.load(folder / "stack.npy")

    def judge(median: Callable[[Arrays], NDArray[Any]]) -> NDArray[Any]:
        """The z of the last pass, by a median over the first axis."""
        known = stack[:-1]
        middle = median(known)
        spread = MAD_TO_SIGMA * median(np.abs(known - middle))
        return (stack[-1] - middle) / spread

    if way == "bottleneck":
        import bottleneck

        return lambda: judge(lambda values: bottleneck.nanmedian(values, axis=0))
    if way == "numpy":
        return lambda: judge(lambda values: np.nanmedian(values, axis=0))
    from imagery_watch.change.robust import nan_median, weighted_median

    if way == "ours-nan":
        return lambda: judge(nan_median)
    weights = np.ones((1, 1, 1, 1), np.float32)
    return lambda: judge(lambda values: weighted_median(values, weights))


def be_child(way: str, folder: Path, repeats: int) -> None:
    """Runs a kernel some times, keeps what it gave, and tells the seconds."""
    call = (prepare_registration if way in REGISTRATIONS else prepare_median)(way, folder)
    np.save(folder / f"{way}.npy", call())
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - start)
    print(json.dumps(seconds))


def measure(ways: Sequence[str], folder: Path, chosen: argparse.Namespace) -> dict[str, list[float]]:
    """Medians of each round, all ways in turn; a way that is not installed is left out, and said."""
    found: dict[str, list[float]] = {}
    repeats = str(chosen.repeats)
    for number in range(chosen.rounds):
        for way in ways:
            python, checkout = (chosen.peers_python, None) if way == "bottleneck" else (sys.executable, ROOT)
            done = run_python(python, [__file__, "--child", way, str(folder), "--repeats", repeats], checkout)
            if done.code and "ModuleNotFoundError" not in done.error:
                raise SystemExit(f"{way}: {done.error[-2000:]}")
            if done.code and not number:
                print(f"{way}: not installed")
            if not done.code:
                found.setdefault(way, []).append(statistics.median(json.loads(done.out)))
    return found


def show_registration(found: dict[str, list[float]], folder: Path) -> None:
    """The rms error beside the seconds."""
    shifts, ours, rows = np.load(folder / "shifts.npy"), statistics.median(found["ours"]), []
    for way, seconds in found.items():
        apart = np.load(folder / f"{way}.npy") - shifts
        rms, worst = np.sqrt((apart**2).mean()), np.abs(apart).max()
        ratio = show_times(statistics.median(seconds), ours, 2)
        rows.append([way, show_span(seconds, 3), ratio, f"{rms:.4f}", f"{worst:.3f}"])
    show_table(("registration", "s (least-most)", "to ours", "rms error px", "worst px"), rows)


def show_medians(found: dict[str, list[float]], folder: Path) -> bool:
    """The seconds, and how far the numbers are from numpy's; False where they differ."""
    base, rows, same = np.load(folder / "numpy.npy"), [], True
    for way, seconds in found.items():
        z = np.load(folder / f"{way}.npy")
        holes, apart = (np.isnan(z) == np.isnan(base)).all(), float(np.nanmax(np.abs(z - base) / (1 + np.abs(base))))
        same &= bool(holes) and apart < 1e-4
        middle = statistics.median(seconds)
        ratios = (show_times(middle, statistics.median(found[ours]), 1) for ours in MEDIANS[:2])
        rows.append([way, show_span(seconds, 3), *ratios, f"{apart:.1e}" + ("" if holes else ", other holes")])
    show_table(
        ("robust z", "s (least-most)", "to ours-nan", "to ours-weighted", "furthest from numpy's, relative"), rows
    )
    return same


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints two tables; 1 where numbers differ."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--repeats", type=int, default=3, help="calls in each round")
    parser.add_argument("--seed", type=int, default=60)
    parser.add_argument("--peers-python", default=sys.executable)
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    if chosen.child:
        be_child(chosen.child[0], Path(chosen.child[1]), chosen.repeats)
        return 0
    with tempfile.TemporaryDirectory(prefix="kernels-") as made:
        folder = Path(made)
        write_inputs(folder, chosen.seed)
        show_registration(measure(REGISTRATIONS, folder, chosen), folder)
        print()
        return 0 if show_medians(measure(MEDIANS, folder, chosen), folder) else 1


if __name__ == "__main__":
    sys.exit(main())
