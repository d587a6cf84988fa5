//! Numbers in planes: first the lowest bytes of all, then the next, up to the last that is not zero in all. The planes of
//! similar numbers compress well, each in its own way.

use std::ops::{BitOrAssign, Shl};

use crate::codec::Fault;

/// A number that is read from planes.
pub(super) trait Number: Copy + Default + From<u8> + Shl<usize, Output = Self> + BitOrAssign {}

impl Number for u32 {}
impl Number for u64 {}

/// How many bytes so many numbers take at most.
pub(super) fn longest<N>(numbers: usize) -> usize {
    1 + numbers * size_of::<N>()
}

/// How many planes there are, then the planes.
pub(super) fn write(numbers: impl Iterator<Item = u64> + Clone) -> Vec<u8> {
    let (count, all) = numbers.clone().fold((0, 0), |(count, all), number| (count + 1, all | number));
    let planes = (u64::BITS - all.leading_zeros()).div_ceil(8) as u8;
    let mut raw = Vec::with_capacity(1 + count * usize::from(planes));
    raw.push(planes);
    for plane in 0..usize::from(planes) {
        raw.extend(numbers.clone().map(|number| number.to_le_bytes()[plane]));
    }
    raw
}

/// So many numbers.
pub(super) fn read<N: Number>(raw: &[u8], count: usize) -> Result<Vec<N>, Fault> {
    let (&planes, bytes) = raw.split_first().ok_or("has no planes")?;
    let planes = usize::from(planes);
    if planes > size_of::<N>() || Some(bytes.len()) != count.checked_mul(planes) {
        return Err("has another number of planes or rows");
    }
    let mut numbers = vec![N::default(); count];
    for (plane, bytes) in bytes.chunks_exact(count.max(1)).enumerate() {
        numbers.iter_mut().zip(bytes).for_each(|(number, &byte)| *number |= N::from(byte) << (plane * 8));
    }
    Ok(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn numbers_are_what_was_written(numbers in prop::collection::vec(any::<u64>(), 0..20), shift in 0..64) {
            let numbers: Vec<u64> = numbers.iter().map(|number| number >> shift).collect();
            let raw = write(numbers.iter().copied());
            prop_assert!(raw.len() <= longest::<u64>(numbers.len()));
            prop_assert_eq!(read(&raw, numbers.len()), Ok(numbers.clone()));
            prop_assert!(read::<u64>(&raw, numbers.len() + 1).is_err() || raw[0] == 0);
            let small: Vec<u32> = numbers.iter().map(|&number| number as u32).collect();
            prop_assert_eq!(read(&write(small.iter().map(|&number| number.into())), numbers.len()), Ok(small));
        }
    }

    #[test]
    fn numbers_that_are_too_large_are_refused() {
        assert!(read::<u32>(&write([1 << 32].into_iter()), 1).is_err());
        assert!(read::<u64>(&[9; 10], 1).is_err());
        assert!(read::<u64>(&[], 0).is_err());
    }
}
