"""Opens a GeoPackage as QGIS does, and draws it; for the system's Python, which has QGIS' own modules.

`qgis_draw.py FILE PICTURE METRES [YYYY-MM-DD]`: each layer in the style that is its default, so many metres around the
hits, at all times or on one day. Says on stdout, as JSON, what it found.
"""

import json
import sys

from qgis.core import (
    QgsApplication,
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsDateTimeRange,
    QgsExpression,
    QgsExpressionContext,
    QgsExpressionContextUtils,
    QgsMapRendererParallelJob,
    QgsMapSettings,
    QgsProject,
    QgsRectangle,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QDateTime, QSize, Qt
from qgis.PyQt.QtGui import QColor

LAYERS = ("hits", "stays", "outlines", "lines", "aprons")


def open_layer(path: str, name: str) -> QgsVectorLayer:
    layer = QgsVectorLayer(f"{path}|layername={name}", name, "ogr")
    layer.loadDefaultStyle()
    QgsProject.instance().addMapLayer(layer)
    return layer


def describe(layer: QgsVectorLayer) -> dict[str, object]:
    feature = next(layer.getFeatures(), None)
    context = QgsExpressionContext(QgsExpressionContextUtils.globalProjectLayerScopes(layer))
    if feature is not None:
        context.setFeature(feature)
    times = layer.temporalProperties()
    return {
        "features": layer.featureCount(),
        "renderer": layer.renderer().type(),
        "legend": [item.label() for item in layer.renderer().legendSymbolItems()],
        "labels": layer.labelsEnabled(),
        "times": [times.startField(), times.endField()] if times.isActive() else [],
        "tip": QgsExpression.replaceExpressionText(layer.mapTipTemplate(), context),
    }


def draw(layers: list[QgsVectorLayer], picture: str, metres: float, day: str | None) -> None:
    settings = QgsMapSettings()
    settings.setLayers(layers)
    settings.setDestinationCrs(QgsCoordinateReferenceSystem("EPSG:32632"))
    settings.setBackgroundColor(QColor(255, 255, 255))
    settings.setOutputSize(QSize(800, 800))
    way = QgsCoordinateTransform(layers[0].crs(), settings.destinationCrs(), QgsProject.instance())
    middle = way.transformBoundingBox(layers[0].extent()).center()
    x, y = middle.x(), middle.y()
    settings.setExtent(QgsRectangle(x - metres, y - metres, x + metres, y + metres))
    if day is not None:
        start = QDateTime.fromString(f"{day}T00:00:00Z", Qt.ISODate)
        settings.setIsTemporal(True)
        settings.setTemporalRange(QgsDateTimeRange(start, start.addDays(1)))
    job = QgsMapRendererParallelJob(settings)
    job.start()
    job.waitForFinished()
    job.renderedImage().save(picture)


def main(path: str, picture: str, metres: str, day: str | None = None) -> None:
    application = QgsApplication([], False)
    application.initQgis()
    layers = [open_layer(path, name) for name in LAYERS]
    draw(layers, picture, float(metres), day)
    sys.stdout.write(json.dumps({layer.name(): describe(layer) for layer in layers}))
    sys.stdout.flush()
    QgsProject.instance().clear()
    application.exitQgis()


if __name__ == "__main__":
    main(*sys.argv[1:])
