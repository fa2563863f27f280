;; quantiseAffine4 of quantiseBlocks.ts, four weights at a time; the same arithmetic, operation by operation.
;; Assembled into quantiseAffine4Module.ts; a test compares the two.
(module
  ;; Weights, codes, scales, zero points and sums are wherever the caller says.
  (memory (export "memory") 8)

  ;; Σ weight · code and Σ code² over the block at $weights, code = nearest(weight · inverse) within [$lowest, $highest].
  (func $try (param $weights i32) (param $inverse f32) (param $lowest f32) (param $highest f32) (result f32 f32)
    (local $end i32) (local $weight v128) (local $code v128) (local $products v128) (local $squares v128)
    (local.set $end (i32.add (local.get $weights) (i32.const 128)))
    (loop $next
      (local.set $weight (v128.load (local.get $weights)))
      (local.set $code
        (f32x4.pmax
          (f32x4.pmin
            (f32x4.nearest (f32x4.mul (local.get $weight) (f32x4.splat (local.get $inverse))))
            (f32x4.splat (local.get $highest)))
          (f32x4.splat (local.get $lowest))))
      (local.set $products
        (f32x4.add (local.get $products) (f32x4.mul (local.get $weight) (local.get $code))))
      (local.set $squares
        (f32x4.add (local.get $squares) (f32x4.mul (local.get $code) (local.get $code))))
      (local.set $weights (i32.add (local.get $weights) (i32.const 16)))
      (br_if $next (i32.lt_u (local.get $weights) (local.get $end))))
    (call $sum (local.get $products))
    (call $sum (local.get $squares)))

  (func $sum (param $v v128) (result f32)
    (f32.add
      (f32.add (f32x4.extract_lane 0 (local.get $v)) (f32x4.extract_lane 1 (local.get $v)))
      (f32.add (f32x4.extract_lane 2 (local.get $v)) (f32x4.extract_lane 3 (local.get $v)))))

  ;; Four codes above their lowest, as integers.
  (func $codes (param $weights i32) (param $inverse f32) (param $lowest f32) (param $highest f32) (result v128)
    (i32x4.trunc_sat_f32x4_s
      (f32x4.sub
        (f32x4.pmax
          (f32x4.pmin
            (f32x4.nearest (f32x4.mul (v128.load (local.get $weights)) (f32x4.splat (local.get $inverse))))
            (f32x4.splat (local.get $highest)))
          (f32x4.splat (local.get $lowest)))
        (f32x4.splat (local.get $lowest)))))

  ;; The ranges that are tried, as parts of the whole.
  (func $range (param $trial i32) (result f32)
    (select
      (f32.const 1)
      (select (f32.const 0.92) (f32.const 0.85) (i32.eq (local.get $trial) (i32.const 1)))
      (i32.eqz (local.get $trial))))

  (func (export "quantise")
    (param $weights i32) (param $blocks i32)
    (param $values i32) ;; 16 bytes a block
    (param $scales i32) ;; f32 a block
    (param $zeros i32) ;; a byte a block
    (result f64 f64) ;; squared error, squared sum
    (local $end i32) (local $at i32) (local $trial i32)
    (local $v v128) (local $least v128) (local $largest v128) (local $sums v128)
    (local $min f32) (local $max f32) (local $squares f32) (local $zero f32) (local $lowest f32) (local $highest f32)
    (local $inverse f32) (local $products f32) (local $codeSquares f32) (local $gain f32)
    (local $bestGain f32) (local $bestInverse f32) (local $bestScale f32)
    (local $error f64) (local $total f64)
    (block $done
      (loop $block
        (br_if $done (i32.eqz (local.get $blocks)))
        (local.set $end (i32.add (local.get $weights) (i32.const 128)))
        ;; least, largest and squares; zero counts as a weight
        (local.set $least (v128.const f32x4 0 0 0 0))
        (local.set $largest (v128.const f32x4 0 0 0 0))
        (local.set $sums (v128.const f32x4 0 0 0 0))
        (local.set $at (local.get $weights))
        (loop $scan
          (local.set $v (v128.load (local.get $at)))
          (local.set $least (f32x4.pmin (local.get $least) (local.get $v)))
          (local.set $largest (f32x4.pmax (local.get $largest) (local.get $v)))
          (local.set $sums (f32x4.add (local.get $sums) (f32x4.mul (local.get $v) (local.get $v))))
          (local.set $at (i32.add (local.get $at) (i32.const 16)))
          (br_if $scan (i32.lt_u (local.get $at) (local.get $end))))
        (local.set $min
          (f32.min
            (f32.min (f32x4.extract_lane 0 (local.get $least)) (f32x4.extract_lane 1 (local.get $least)))
            (f32.min (f32x4.extract_lane 2 (local.get $least)) (f32x4.extract_lane 3 (local.get $least)))))
        (local.set $max
          (f32.max
            (f32.max (f32x4.extract_lane 0 (local.get $largest)) (f32x4.extract_lane 1 (local.get $largest)))
            (f32.max (f32x4.extract_lane 2 (local.get $largest)) (f32x4.extract_lane 3 (local.get $largest)))))
        (local.set $squares (call $sum (local.get $sums)))
        (local.set $max (f32.sub (local.get $max) (local.get $min))) ;; from here on the whole range
        (local.set $bestGain (f32.const 0))
        (local.set $bestInverse (f32.const 0))
        (local.set $bestScale (f32.const 0))
        (local.set $zero (f32.const 0))
        (if (f32.gt (local.get $max) (f32.const 0))
          (then
            (local.set $zero
              (f32.nearest (f32.div (f32.mul (f32.neg (local.get $min)) (f32.const 15)) (local.get $max))))))
        (local.set $lowest (f32.neg (local.get $zero)))
        (local.set $highest (f32.sub (f32.const 15) (local.get $zero)))
        (local.set $trial (i32.const 0))
        (loop $trials
          (local.set $inverse
            (f32.div (f32.const 15) (f32.mul (local.get $max) (call $range (local.get $trial)))))
          (call $try (local.get $weights) (local.get $inverse) (local.get $lowest) (local.get $highest))
          (local.set $codeSquares)
          (local.set $products)
          (local.set $gain
            (f32.div (f32.mul (local.get $products) (local.get $products)) (local.get $codeSquares)))
          (if (f32.gt (local.get $gain) (local.get $bestGain))
            (then
              (local.set $bestGain (local.get $gain))
              (local.set $bestInverse (local.get $inverse))
              (local.set $bestScale (f32.div (local.get $products) (local.get $codeSquares)))))
          (local.set $trial (i32.add (local.get $trial) (i32.const 1)))
          (br_if $trials (i32.lt_u (local.get $trial) (i32.const 3))))
        (f32.store (local.get $scales) (local.get $bestScale))
        (i32.store8 (local.get $zeros) (i32.trunc_sat_f32_s (local.get $zero)))
        (local.set $error
          (f64.add
            (local.get $error)
            (f64.sub (f64.promote_f32 (local.get $squares)) (f64.promote_f32 (local.get $bestGain)))))
        (local.set $total (f64.add (local.get $total) (f64.promote_f32 (local.get $squares))))
        ;; sixteen codes at a time: to bytes, then two to a byte
        (loop $pack
          (local.set $v
            (i8x16.narrow_i16x8_u
              (i16x8.narrow_i32x4_s
                (call $codes (local.get $weights)
                  (local.get $bestInverse) (local.get $lowest) (local.get $highest))
                (call $codes (i32.add (local.get $weights) (i32.const 16))
                  (local.get $bestInverse) (local.get $lowest) (local.get $highest)))
              (i16x8.narrow_i32x4_s
                (call $codes (i32.add (local.get $weights) (i32.const 32))
                  (local.get $bestInverse) (local.get $lowest) (local.get $highest))
                (call $codes (i32.add (local.get $weights) (i32.const 48))
                  (local.get $bestInverse) (local.get $lowest) (local.get $highest)))))
          (local.set $v
            (v128.and
              (v128.or (local.get $v) (i16x8.shr_u (local.get $v) (i32.const 4)))
              (v128.const i16x8 255 255 255 255 255 255 255 255)))
          (v128.store64_lane 0 (local.get $values) (i8x16.narrow_i16x8_u (local.get $v) (local.get $v)))
          (local.set $values (i32.add (local.get $values) (i32.const 8)))
          (local.set $weights (i32.add (local.get $weights) (i32.const 64)))
          (br_if $pack (i32.lt_u (local.get $weights) (local.get $end))))
        (local.set $scales (i32.add (local.get $scales) (i32.const 4)))
        (local.set $zeros (i32.add (local.get $zeros) (i32.const 1)))
        (local.set $blocks (i32.sub (local.get $blocks) (i32.const 1)))
        (br $block)))
    (local.get $error)
    (local.get $total)))
