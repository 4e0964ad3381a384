"""Make the invented layers of the demonstration: rounds, districts, zones, street lights, protected trees.

Each stands on the real layers beside it and comes out the same whenever it runs: nothing is drawn by chance.
    python -m dev.demo_layers            # writes them again into dev/data/mapping
"""

import json

from dev import demo_lights, demo_parking, demo_rounds, demo_trees
from dev.demo_layer_files import FOLDER, MANIFEST, write

MAKERS = {
    "bin-rounds": demo_rounds.make_bin_rounds,
    "polling-districts": demo_rounds.make_polling_districts,
    "parking-zones": demo_parking.make_zones,
    "permit-areas": demo_parking.make_zones,
    "street-lights": demo_lights.make_street_lights,
    "grit-bins": demo_lights.make_grit_bins,
    "tree-preservation-orders": demo_trees.make_orders,
    "tree-preservation-zones": demo_trees.make_zones,
    "protected-trees": demo_trees.make_trees,
    "conservation-area-documents": demo_trees.make_documents,
}


def write_layers() -> None:
    """Write every invented layer, and its number of features into the manifest."""
    manifest = json.loads(MANIFEST.read_text())
    for layer in manifest["layers"]:
        if layer["synthetic"]:
            features = list(MAKERS[layer["name"]](layer["council"]))
            write(FOLDER / layer["file"], features)
            layer["features"] = len(features)
    MANIFEST.write_text(json.dumps(manifest, ensure_ascii=False, indent=1) + "\n")


if __name__ == "__main__":
    write_layers()
