/** `--device`: auto takes the best that really works here. */
export type DeviceChoice = 'auto' | 'cpu' | 'webgpu' | 'cuda' | 'dml' | 'coreml';

/** `--dtype`: auto takes what suits device and checkpoint. */
export type DtypeChoice = 'auto' | 'f32' | 'f16' | 'int8' | 'int4';
