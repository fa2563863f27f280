import type { AttentionKind } from '../../core/onnx/attention';
import type { WeightDtype } from '../../core/quantisation/weightFormat';

/** A device on which graphs can run. */
export type Device = 'cpu' | 'webgpu' | 'cuda' | 'dml' | 'coreml';

export interface ExecutionProvider {
  readonly device: Device;
  readonly platforms: readonly NodeJS.Platform[];
  /** `auto` tries them in table order; CoreML recompiles for every new length, so it is taken only when asked for. */
  readonly automatic: boolean;
  /** On Linux `auto` tries the device only where one of these exists: loading drivers for nothing takes time. */
  readonly linuxDevices: readonly string[];
  readonly attention: AttentionKind;
  /** Number formats that it computes in. */
  readonly dtypes: readonly WeightDtype[];
  /** Keys and values stay on the device between runs. */
  readonly keepsTensors: boolean;
  /** What to do when it cannot be used. */
  readonly hint: string;
}

export const EXECUTION_PROVIDERS: readonly ExecutionProvider[] = [
  {
    device: 'cuda',
    platforms: ['linux', 'win32'],
    automatic: true,
    linuxDevices: ['/dev/nvidia0', '/dev/dxg'],
    attention: 'plain', // GroupQueryAttention exists there for 16-bit types only
    dtypes: ['f32', 'int4'],
    keepsTensors: false,
    hint: 'install CUDA 12 and cuDNN 9, and the CUDA libraries of onnxruntime-node',
  },
  {
    device: 'webgpu',
    platforms: ['linux', 'win32', 'darwin'],
    automatic: true,
    linuxDevices: ['/dev/dri', '/dev/nvidia0', '/dev/dxg'],
    // GroupQueryAttention of 1.30 gives wrong values there for several new tokens on top of a filled cache (measured).
    attention: 'plain',
    dtypes: ['f32', 'int4'],
    keepsTensors: true,
    hint: 'install a Vulkan (Linux), Direct3D 12 (Windows) or Metal (macOS) driver',
  },
  {
    device: 'dml',
    platforms: ['win32'],
    automatic: true,
    linuxDevices: [],
    attention: 'plain',
    dtypes: ['f32', 'int4'],
    keepsTensors: false,
    hint: 'DirectML needs Windows 10 1903 or newer and a Direct3D 12 adapter',
  },
  {
    device: 'coreml',
    platforms: ['darwin'],
    automatic: false,
    linuxDevices: [],
    attention: 'plain',
    dtypes: ['f32', 'int4'],
    keepsTensors: false,
    hint: 'CoreML needs macOS',
  },
  {
    device: 'cpu',
    platforms: ['linux', 'win32', 'darwin'],
    automatic: true,
    linuxDevices: [],
    attention: 'fused',
    dtypes: ['f32', 'int8', 'int4'],
    keepsTensors: false,
    hint: 'onnxruntime-node has no binary for this platform',
  },
];
