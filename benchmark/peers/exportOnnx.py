"""Writes the body of a Llama checkpoint as ONNX files for transformers.js: onnx/model.onnx and its quantised forms.

    exportOnnx.py FOLDER

FOLDER holds config.json and an F32 model.safetensors; the files go into FOLDER/onnx. The graph has the form in which such models are published for
transformers.js: one MatMul for query, key and value, GroupQueryAttention with the rotation inside, fused norms, a cache
as input and output; its output is last_hidden_state of all positions. The quantised forms are made with ONNX Runtime's own tools:
q8 with quantize_dynamic (int8 weights), q4 with MatMulNBitsQuantizer (blocks of 32, accuracy level 4), fp16 by casting.
"""

import json
import os
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer
from safetensors.numpy import load_file

MS = "com.microsoft"


class Graph:
    """Nodes and weights in the order in which they are needed."""

    def __init__(self, dtype):
        self.dtype, self.nodes, self.weights, self.count = dtype, [], [], 0

    def weight(self, name, values):
        values = values.astype(self.dtype) if values.dtype == np.float32 else values
        self.weights.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def node(self, kind, inputs, outputs=None, domain="", **attributes):
        self.count += 1
        outputs = outputs or [f"{kind}_{self.count}"]
        self.nodes.append(helper.make_node(kind, inputs, outputs, name=f"{kind}_{self.count}", domain=domain, **attributes))
        return outputs[0]


def build(config, tensors, dtype):
    graph = Graph(dtype)
    heads, groups, size = config["num_attention_heads"], config["num_key_value_heads"], config["head_dim"]
    epsilon, layers = config["rms_norm_eps"], config["num_hidden_layers"]
    angles = np.outer(np.arange(2048), config["rope_theta"] ** (-np.arange(0, size, 2) / size))
    cosine = graph.weight("cos_cache", np.cos(angles).astype(np.float32))
    sine = graph.weight("sin_cache", np.sin(angles).astype(np.float32))
    one = graph.weight("one", np.array([1], dtype=np.int64))
    lengths = graph.node("Sub", [graph.node("ReduceSum", ["attention_mask", one], keepdims=0), one])
    lengths = graph.node("Cast", [lengths], to=TensorProto.INT32)
    axis = graph.weight("axis", np.array(1, dtype=np.int64))
    total = graph.node("Gather", [graph.node("Shape", ["attention_mask"]), axis])
    total = graph.node("Cast", [total], to=TensorProto.INT32)

    stream = graph.node("Gather", [graph.weight("embed", tensors["model.embed_tokens.weight"]), "input_ids"])
    branch = None

    def norm(name):
        nonlocal stream
        scale = graph.weight(name, tensors[name])
        if branch is None:
            return graph.node("SimplifiedLayerNormalization", [stream, scale], axis=-1, epsilon=epsilon)
        outputs = [f"{name}_normed", "", "", f"{name}_sum"]
        graph.node("SkipSimplifiedLayerNormalization", [stream, branch, scale], outputs, MS, epsilon=epsilon)
        stream = outputs[3]
        return outputs[0]

    def product(value, *names):
        merged = np.concatenate([tensors[name] for name in names]).T
        return graph.node("MatMul", [value, graph.weight(names[0], merged)])

    kind = helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
    inputs = [helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["batch_size", "sequence_length"])]
    inputs.append(helper.make_tensor_value_info("attention_mask", TensorProto.INT64, ["batch_size", "total_sequence_length"]))
    outputs = [helper.make_tensor_value_info("last_hidden_state", kind, ["batch_size", "sequence_length", config["hidden_size"]])]
    for layer in range(layers):
        at = f"model.layers.{layer}."
        packed = product(norm(at + "input_layernorm.weight"), *(f"{at}self_attn.{x}_proj.weight" for x in "qkv"))
        past = [f"past_key_values.{layer}.{part}" for part in ("key", "value")]
        present = [f"present.{layer}.{part}" for part in ("key", "value")]
        for name, length, into in [*((n, "past_sequence_length", inputs) for n in past), *((n, "total_sequence_length", outputs) for n in present)]:
            into.append(helper.make_tensor_value_info(name, kind, ["batch_size", groups, length, size]))
        attended = graph.node(
            "GroupQueryAttention", [packed, "", "", *past, lengths, total, cosine, sine], [f"attended_{layer}", *present], MS,
            num_heads=heads, kv_num_heads=groups, do_rotary=1,
        )
        branch = product(attended, at + "self_attn.o_proj.weight")
        value = norm(at + "post_attention_layernorm.weight")
        gate = product(value, at + "mlp.gate_proj.weight")
        gate = graph.node("Mul", [gate, graph.node("Sigmoid", [gate])])
        branch = product(graph.node("Mul", [gate, product(value, at + "mlp.up_proj.weight")]), at + "mlp.down_proj.weight")
    graph.node("Identity", [norm("model.norm.weight")], ["last_hidden_state"])
    proto = helper.make_graph(graph.nodes, "body", inputs, outputs, graph.weights)
    opsets = [helper.make_opsetid("", 20), helper.make_opsetid(MS, 1)]
    return helper.make_model(proto, opset_imports=opsets, ir_version=10)


def main(folder):
    os.makedirs(os.path.join(folder, "onnx"), exist_ok=True)
    with open(os.path.join(folder, "config.json")) as file:
        config = json.load(file)
    tensors = load_file(os.path.join(folder, "model.safetensors"))
    path = lambda name: os.path.join(folder, "onnx", name)
    model = build(config, tensors, np.float32)
    onnx.save(model, path("model.onnx"))
    options = {"DefaultTensorType": TensorProto.FLOAT}  # types behind fused operators are not inferred
    quantize_dynamic(
        path("model.onnx"), path("model_quantized.onnx"), weight_type=QuantType.QInt8, extra_options=options
    )
    quantizer = MatMulNBitsQuantizer(model, block_size=32, is_symmetric=True, accuracy_level=4)
    quantizer.process()
    onnx.save(quantizer.model.model, path("model_q4.onnx"))
    onnx.save(build(config, tensors, np.float16), path("model_fp16.onnx"))


main(*sys.argv[1:])
