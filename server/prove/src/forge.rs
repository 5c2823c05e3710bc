//! Well-formed keys that do not exist.

/// A well-formed key that does not exist: a real key with two letters of its secret changed and a
/// valid checksum.
pub fn unknown_like(key: &str) -> String {
    let (public, rest) = key.split_at(key.len() - 49);
    let mut secret: Vec<u8> = rest.bytes().take(43).collect();
    let other = if secret.starts_with(b"zz") {
        b"yy"
    } else {
        b"zz"
    };
    secret[..2].copy_from_slice(other);
    let body = format!("{public}{}", String::from_utf8_lossy(&secret));
    let check = base62(crc32(body.as_bytes()));
    format!("{body}{check}")
}

/// CRC-32/ISO-HDLC.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            if crc & 1 == 1 {
                (crc >> 1) ^ 0xEDB8_8320
            } else {
                crc >> 1
            }
        })
    })
}

fn base62(mut number: u32) -> String {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut digits = [b'0'; 6];
    for digit in digits.iter_mut().rev() {
        *digit = DIGITS[(number % 62) as usize];
        number /= 62;
    }
    String::from_utf8_lossy(&digits).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_is_that_of_the_standard() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
        assert_eq!(base62(0), "000000");
        assert_eq!(base62(61), "00000z");
    }
}
