"""The two inner loops of the change stage against the usual libraries, side by side in one interleaved run.

python benchmarks/kernels.py                      scikit-image and numpy
python benchmarks/kernels.py --peers-python PATH  and bottleneck, where that interpreter has it

*Registration*: 60 passes of 200 x 250 pixels against one reference, one band, known shifts within 2 pixels. *Ours* is
what a run does (`gradient_magnitude` of each pass, then `register`), its blocks, weights and masks included;
*ours-register* has the gradients ready. *skimage* is `phase_cross_correlation(upsample_factor=20)` as it comes,
*skimage-hann* the same with a window and without normalization, which was its most exact of seven uses. Asked: an rms
error of .02 pixels at the most, 20 times faster.

*Robust z*: median and 1.4826 MAD over 59 passes, and the z of the last, of 4 bands of 200 x 250 pixels with a fifth of
the pixels hidden (NaN). Ours is `change.robust.nan_median`, which the background's first steps use, and
`weighted_median` with weights of one, which the background rests on; theirs is the same lines with bottleneck's and
numpy's `nanmedian`. Asked: 4 times bottleneck's speed, 20 times numpy's, equal numbers.

To be kept in mind: every way has one thread (`--threads`: two that spin for each other on a shared machine took ten
times as long in scikit-image), no aircraft and no cloud in the registered passes, a ground of smoothed noise that is
moved by the Fourier transform (bands, light and edges of real passes differ); medians of so many calls in each round,
the first call left out, in processes of their own, in turn. Ratios are of CPU seconds. SIMULATED imagery.
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
Seconds = dict[str, list[tuple[float, ...]]]
"""Wall and CPU seconds of each round."""
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""What says how many threads a linear algebra library may have."""
REGISTRATIONS = ("ours", "ours-register", "skimage", "skimage-hann")
TOLERANCE = 1e-4
"""Relative: floats of 32 bits, through a difference and a division."""
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
        return lambda: correlate(passes[0], passes[1:], normalization="phase")
    if way == "skimage-hann":
        window = np.outer(np.hanning(HEIGHT), np.hanning(WIDTH)).astype(np.float32)
        return lambda: correlate(
            *((some - some.mean(axis=(-2, -1), keepdims=True)) * window for some in (passes[0], passes[1:])),
            normalization=None,
        )
    from imagery_watch.change.preprocess.registration import gradient_magnitude, register

    valid = np.ones(passes.shape[1:], bool)

    def outline_all() -> list[Arrays]:
        """The edges of all passes."""
        return [gradient_magnitude(one[None], valid) for one in passes]

    def move_all(fixed: Arrays, *moving: Arrays) -> NDArray[Any]:
        """As a run does."""
        found = [register(one, fixed, valid, 10.0) for one in moving]
        return -np.array([(one.rows, one.cols) for one in found])

    ready = outline_all() if way == "ours-register" else []
    return lambda: move_all(*(ready or outline_all()))


def correlate(fixed: Arrays, moving: Arrays, *, normalization: str | None) -> NDArray[Any]:
    """By scikit-image."""
    from skimage.registration import phase_cross_correlation

    found = [phase_cross_correlation(fixed, one, upsample_factor=20, normalization=normalization)[0] for one in moving]
    return -np.array(found)


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
        wall, cpu = time.perf_counter(), time.process_time()
        call()
        seconds.append((time.perf_counter() - wall, time.process_time() - cpu))
    print(json.dumps(seconds))


def measure(ways: Sequence[str], folder: Path, chosen: argparse.Namespace) -> Seconds:
    """Medians of each round, all ways in turn; a way that is not installed is left out, and said."""
    found: Seconds = {}
    repeats = str(chosen.repeats)
    for number in range(chosen.rounds):
        for way in ways:
            python, checkout = (chosen.peers_python, None) if way == "bottleneck" else (sys.executable, ROOT)
            done = run_python(python, [__file__, "--child", way, str(folder), "--repeats", repeats], checkout,
                              **dict.fromkeys(THREADS, str(chosen.threads)))  # fmt: skip
            if done.code and "ModuleNotFoundError" not in done.error:
                raise SystemExit(f"{way}: {done.error[-2000:]}")
            if done.code and not number:
                print(f"{way}: not installed")
            if not done.code:
                found.setdefault(way, []).append(tuple(map(statistics.median, zip(*json.loads(done.out), strict=True))))
    return found


def show_seconds(found: Seconds, way: str, *ours: str) -> list[str]:
    """Wall seconds with their span, CPU seconds, and how many times ours the CPU seconds are."""
    wall, cpu = zip(*found[way], strict=True)
    middle = statistics.median(cpu)
    ratios = [show_times(middle, statistics.median(row[1] for row in found[one])) for one in ours]
    return [way, show_span(wall, 3), f"{middle:.3f}", *ratios]


def show_registration(found: Seconds, folder: Path) -> None:
    """The rms error beside the seconds."""
    shifts, rows = np.load(folder / "shifts.npy"), []
    for way in found:
        apart = np.load(folder / f"{way}.npy") - shifts
        rms, worst = np.sqrt((apart**2).mean()), np.abs(apart).max()
        rows.append([*show_seconds(found, way, "ours"), f"{rms:.4f}", f"{worst:.3f}"])
    show_table(("registration", "wall s (least-most)", "CPU s", "to ours", "rms error px", "worst px"), rows)


def show_medians(found: Seconds, folder: Path) -> bool:
    """The seconds, and how far the numbers are from numpy's; False where they differ."""
    base, rows, same = np.load(folder / "numpy.npy"), [], True
    for way in found:
        z = np.load(folder / f"{way}.npy")
        holes, apart = (np.isnan(z) == np.isnan(base)).all(), float(np.nanmax(np.abs(z - base) / (1 + np.abs(base))))
        same &= bool(holes) and apart < TOLERANCE
        told = f"{apart:.1e}" + ("" if holes else ", other holes")
        rows.append([*show_seconds(found, way, *MEDIANS[:2]), told])
    show_table(("robust z", "wall s (least-most)", "CPU s", "to ours-nan", "to ours-weighted",
                "furthest from numpy's, relative"), rows)  # fmt: skip
    return same


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints two tables; 1 where numbers differ."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--repeats", type=int, default=3, help="calls in each round")
    parser.add_argument("--threads", type=int, default=1)
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
