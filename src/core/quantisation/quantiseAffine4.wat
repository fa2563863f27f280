;; quantiseAffine4 of quantiseAffine4.ts, four weights at a time; the same arithmetic, operation by operation.
;; Assembled into quantiseAffine4Module.ts; a test compares the two.
(module
  ;; Weights, codes, scales and zero points are wherever the caller says.
  (memory (export "memory") 8)

  (func $sum (param $v v128) (result f32)
    (f32.add
      (f32.add (f32x4.extract_lane 0 (local.get $v)) (f32x4.extract_lane 1 (local.get $v)))
      (f32.add (f32x4.extract_lane 2 (local.get $v)) (f32x4.extract_lane 3 (local.get $v)))))

  ;; BF16 to F32: the upper halves of the floats. $count is a multiple of 4.
  (func (export "widen") (param $from i32) (param $to i32) (param $count i32)
    (local $end i32)
    (local.set $end (i32.add (local.get $from) (i32.shl (local.get $count) (i32.const 1))))
    (loop $next
      (v128.store (local.get $to) (i32x4.shl (v128.load16x4_u (local.get $from)) (i32.const 16)))
      (local.set $to (i32.add (local.get $to) (i32.const 16)))
      (local.set $from (i32.add (local.get $from) (i32.const 8)))
      (br_if $next (i32.lt_u (local.get $from) (local.get $end)))))

  (func (export "quantise")
    (param $weights i32) (param $blocks i32)
    (param $values i32) ;; 16 bytes a block
    (param $scales i32) ;; f32 a block
    (param $zeros i32) ;; a byte a block
    (result f64 f64) ;; squared error, squared sum
    (local $end i32) (local $at i32)
    (local $v v128) (local $least v128) (local $largest v128) (local $sums v128) (local $code v128)
    (local $lowest v128) (local $highest v128)
    (local $inverse0 v128) (local $inverse1 v128) (local $inverse2 v128)
    (local $products0 v128) (local $products1 v128) (local $products2 v128)
    (local $squares0 v128) (local $squares1 v128) (local $squares2 v128)
    (local $min f32) (local $range f32) (local $weightSquares f32) (local $zero f32)
    (local $product f32) (local $square f32) (local $gain f32) (local $bestGain f32) (local $bestScale f32)
    (local $bestInverse v128)
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
        (local.set $range
          (f32.sub
            (f32.max
              (f32.max (f32x4.extract_lane 0 (local.get $largest)) (f32x4.extract_lane 1 (local.get $largest)))
              (f32.max (f32x4.extract_lane 2 (local.get $largest)) (f32x4.extract_lane 3 (local.get $largest))))
            (local.get $min)))
        (local.set $weightSquares (call $sum (local.get $sums)))
        (local.set $zero (f32.const 0))
        (if (f32.gt (local.get $range) (f32.const 0))
          (then
            (local.set $zero
              (f32.nearest (f32.div (f32.mul (f32.neg (local.get $min)) (f32.const 15)) (local.get $range))))))
        (local.set $lowest (f32x4.splat (f32.neg (local.get $zero))))
        (local.set $highest (f32x4.splat (f32.sub (f32.const 15) (local.get $zero))))
        ;; three ranges side by side
        (local.set $inverse0 (f32x4.splat (f32.div (f32.const 15) (local.get $range))))
        (local.set $inverse1
          (f32x4.splat (f32.div (f32.const 15) (f32.mul (local.get $range) (f32.const 0.92)))))
        (local.set $inverse2
          (f32x4.splat (f32.div (f32.const 15) (f32.mul (local.get $range) (f32.const 0.85)))))
        (local.set $products0 (v128.const f32x4 0 0 0 0))
        (local.set $squares0 (v128.const f32x4 0 0 0 0))
        (local.set $products1 (v128.const f32x4 0 0 0 0))
        (local.set $squares1 (v128.const f32x4 0 0 0 0))
        (local.set $products2 (v128.const f32x4 0 0 0 0))
        (local.set $squares2 (v128.const f32x4 0 0 0 0))
        (local.set $at (local.get $weights))
        (loop $try
          (local.set $v (v128.load (local.get $at)))
          (local.set $code
            (f32x4.pmax
              (f32x4.pmin
                (f32x4.nearest (f32x4.mul (local.get $v) (local.get $inverse0)))
                (local.get $highest))
              (local.get $lowest)))
          (local.set $products0 (f32x4.add (local.get $products0) (f32x4.mul (local.get $v) (local.get $code))))
          (local.set $squares0 (f32x4.add (local.get $squares0) (f32x4.mul (local.get $code) (local.get $code))))
          (local.set $code
            (f32x4.pmax
              (f32x4.pmin
                (f32x4.nearest (f32x4.mul (local.get $v) (local.get $inverse1)))
                (local.get $highest))
              (local.get $lowest)))
          (local.set $products1 (f32x4.add (local.get $products1) (f32x4.mul (local.get $v) (local.get $code))))
          (local.set $squares1 (f32x4.add (local.get $squares1) (f32x4.mul (local.get $code) (local.get $code))))
          (local.set $code
            (f32x4.pmax
              (f32x4.pmin
                (f32x4.nearest (f32x4.mul (local.get $v) (local.get $inverse2)))
                (local.get $highest))
              (local.get $lowest)))
          (local.set $products2 (f32x4.add (local.get $products2) (f32x4.mul (local.get $v) (local.get $code))))
          (local.set $squares2 (f32x4.add (local.get $squares2) (f32x4.mul (local.get $code) (local.get $code))))
          (local.set $at (i32.add (local.get $at) (i32.const 16)))
          (br_if $try (i32.lt_u (local.get $at) (local.get $end))))
        ;; the best of them, the first among equals
        (local.set $bestGain (f32.const 0))
        (local.set $bestScale (f32.const 0))
        (local.set $bestInverse (v128.const f32x4 0 0 0 0))
        (local.set $product (call $sum (local.get $products0)))
        (local.set $square (call $sum (local.get $squares0)))
        (local.set $gain (f32.div (f32.mul (local.get $product) (local.get $product)) (local.get $square)))
        (if (f32.gt (local.get $gain) (local.get $bestGain))
          (then
            (local.set $bestGain (local.get $gain))
            (local.set $bestInverse (local.get $inverse0))
            (local.set $bestScale (f32.div (local.get $product) (local.get $square)))))
        (local.set $product (call $sum (local.get $products1)))
        (local.set $square (call $sum (local.get $squares1)))
        (local.set $gain (f32.div (f32.mul (local.get $product) (local.get $product)) (local.get $square)))
        (if (f32.gt (local.get $gain) (local.get $bestGain))
          (then
            (local.set $bestGain (local.get $gain))
            (local.set $bestInverse (local.get $inverse1))
            (local.set $bestScale (f32.div (local.get $product) (local.get $square)))))
        (local.set $product (call $sum (local.get $products2)))
        (local.set $square (call $sum (local.get $squares2)))
        (local.set $gain (f32.div (f32.mul (local.get $product) (local.get $product)) (local.get $square)))
        (if (f32.gt (local.get $gain) (local.get $bestGain))
          (then
            (local.set $bestGain (local.get $gain))
            (local.set $bestInverse (local.get $inverse2))
            (local.set $bestScale (f32.div (local.get $product) (local.get $square)))))
        (f32.store (local.get $scales) (local.get $bestScale))
        (i32.store8 (local.get $zeros) (i32.trunc_sat_f32_s (local.get $zero)))
        (local.set $error
          (f64.add
            (local.get $error)
            (f64.sub (f64.promote_f32 (local.get $weightSquares)) (f64.promote_f32 (local.get $bestGain)))))
        (local.set $total (f64.add (local.get $total) (f64.promote_f32 (local.get $weightSquares))))
        ;; codes above the lowest, as the last bits of a sum with 2²³; two to a byte
        (loop $pack
          (local.set $v (v128.load (local.get $weights)))
          (local.set $code
            (f32x4.pmax
              (f32x4.pmin
                (f32x4.nearest (f32x4.mul (local.get $v) (local.get $bestInverse)))
                (local.get $highest))
              (local.get $lowest)))
          (local.set $code
            (v128.and
              (f32x4.add
                (f32x4.sub (local.get $code) (local.get $lowest))
                (v128.const f32x4 8388608 8388608 8388608 8388608))
              (v128.const i32x4 15 15 15 15)))
          (local.set $code (v128.or (local.get $code) (i64x2.shr_u (local.get $code) (i32.const 28))))
          (v128.store16_lane 0
            (local.get $values)
            (i8x16.shuffle 0 8 0 0 0 0 0 0 0 0 0 0 0 0 0 0 (local.get $code) (local.get $code)))
          (local.set $values (i32.add (local.get $values) (i32.const 2)))
          (local.set $weights (i32.add (local.get $weights) (i32.const 16)))
          (br_if $pack (i32.lt_u (local.get $weights) (local.get $end))))
        (local.set $scales (i32.add (local.get $scales) (i32.const 4)))
        (local.set $zeros (i32.add (local.get $zeros) (i32.const 1)))
        (local.set $blocks (i32.sub (local.get $blocks) (i32.const 1)))
        (br $block)))
    (local.get $error)
    (local.get $total)))
