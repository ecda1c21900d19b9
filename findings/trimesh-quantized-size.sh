#!/usr/bin/env bash
# trimesh makes a quantised GLB 32767 times as large, and one with a sparse accessor nothing at all.
#
# Expected: a reader of glTF that does not know an extension which the file lists as required refuses the file; a sparse
#   accessor is of plain glTF 2.0 and is read.
# What happens (trimesh 5.2.0; glTF Transform 4.5.1 writes them): `quantize`, the usual step to make models small, stores
#   positions as 16-bit integers that stand for -1 to 1 (KHR_mesh_quantization, listed as required). trimesh takes them as
#   they are, so 2x3x5 m are kilometres. Of the sparse one it takes the zeros beneath. No error. glTF Transform reads both
#   right. Touched: who fits, slices, prices or prints what agents make, by trimesh's extents.
# Seen (2026-11-28):
#   plain, required None: glTF Transform [2, 3, 5]; trimesh [2, 3, 5]
#   quantised, required ['KHR_mesh_quantization']: glTF Transform [2, 3, 5]; trimesh [65525, 98310, 163835]
#   sparse, required None: glTF Transform [2, 3, 5]; trimesh [0, 0, 0]
# Needs: node 20 or later.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv env
env/bin/pip install -q --disable-pip-version-check trimesh==5.2.0 numpy==2.4.6
echo '{}' > package.json
npm install --silent --no-audit --no-fund @gltf-transform/core@4.5.1 @gltf-transform/extensions@4.5.1 @gltf-transform/functions@4.5.1
node --input-type=module <<'JS'
import assert from 'node:assert';
import { Document, Logger, NodeIO, Verbosity, getBounds } from '@gltf-transform/core';
import { KHRMeshQuantization } from '@gltf-transform/extensions';
import { quantize } from '@gltf-transform/functions';

const io = new NodeIO().registerExtensions([KHRMeshQuantization]).setLogger(new Logger(Verbosity.SILENT));
for (const sort of ['plain', 'quantised', 'sparse']) {
  const document = new Document().setLogger(new Logger(Verbosity.SILENT)), buffer = document.createBuffer();
  const corners = document.createAccessor().setType('VEC3').setBuffer(buffer).setSparse(sort === 'sparse')
    .setArray(new Float32Array([0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 5]));
  const sides = document.createAccessor().setType('SCALAR').setBuffer(buffer).setArray(new Uint16Array([0, 2, 1, 0, 1, 3, 0, 3, 2, 1, 2, 3]));
  const mesh = document.createMesh().addPrimitive(document.createPrimitive().setAttribute('POSITION', corners).setIndices(sides));
  document.createScene().addChild(document.createNode().setMesh(mesh));
  if (sort === 'quantised') await document.transform(quantize());
  await io.write(`${sort}.glb`, document);
  const { min, max } = getBounds((await io.read(`${sort}.glb`)).getRoot().listScenes()[0]);
  assert.deepEqual(max.map((end, i) => Math.round((end - min[i]) * 100) / 100), [2, 3, 5]);
}
JS
env/bin/python - <<'PY'
import json, struct, warnings
import trimesh

warnings.simplefilter("ignore")
for sort, want in (("plain", [2, 3, 5]), ("quantised", [65525, 98310, 163835]), ("sparse", [0, 0, 0])):
    data = open(f"{sort}.glb", "rb").read()
    required = json.loads(data[20 : 20 + struct.unpack("<I", data[12:16])[0]]).get("extensionsRequired")
    scene = trimesh.load_scene(f"{sort}.glb")
    size = [round(side) for side in scene.extents]
    print(f"{sort}, required {required}: glTF Transform [2, 3, 5]; trimesh {size}")
    assert size == want
    assert required == (["KHR_mesh_quantization"] if sort == "quantised" else None)
PY
