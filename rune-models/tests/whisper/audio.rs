//! Sound and spectrograms.

use crate::common::{data, difference, floats, ints, signal};
use rune_models::whisper::{LogMel, WhisperError, read_wav, resample};

#[test]
fn spectrograms_are_those_of_transformers() {
    for case in data("front-end.json")["mel"].as_array().unwrap() {
        let (mels, seed) = (case["mels"].as_u64().unwrap() as usize, case["seed"].as_u64().unwrap());
        let sound = signal(case["seconds"].as_f64().unwrap(), seed);
        let mel = LogMel::new(mels).window(&sound, 3000).unwrap();
        assert_eq!(mel.shape()[..], [mels, 3000]);
        let columns = mel.t().to_vec::<f32>().unwrap();
        let mut greatest = 0f64;
        for (frame, values) in ints(&case["frames"]).into_iter().zip(case["values"].as_array().unwrap()) {
            let at = frame as usize * mels;
            greatest = greatest.max(difference(&columns[at..at + mels], &floats(values)));
        }
        println!("{mels} filters, seed {seed}: {greatest:.1e}");
        assert!(greatest < 1e-4, "{mels} filters, seed {seed}: {greatest}");
    }
}

#[test]
fn a_long_spectrogram_continues_across_blocks() {
    let front_end = LogMel::new(80);
    let sound = signal(61.0, 1);
    let whole = front_end.spectrogram(&sound).unwrap();
    assert_eq!(whole.shape()[..], [80, 6100]);
    // The maximum of the part may be lower than that of the whole: compare only above a common floor.
    let part = front_end.spectrogram(&sound[2000 * 160..4000 * 160]).unwrap();
    let (a, b) = (whole.i((.., 2010..3990)), part.i((.., 10..1990)));
    let floor = (b.max() - 1.9).item::<f32>().unwrap();
    let apart = (a.maximum(floor) - b.maximum(floor)).abs().max().item::<f32>().unwrap();
    assert!(apart < 1e-4, "{apart}");
    assert_eq!(front_end.spectrogram(&[]).unwrap().shape()[..], [80, 0]);
}

#[test]
fn sampling_rates_are_converted_as_scipy_does() {
    for case in data("front-end.json")["resampled"].as_array().unwrap() {
        let rate = case["rate"].as_u64().unwrap() as u32;
        let sound = &signal(0.03, 1)[..case["count"].as_u64().unwrap() as usize];
        let apart = difference(&resample(sound, rate, 16_000).unwrap(), &floats(&case["values"]));
        assert!(apart < 1e-6, "{rate}: {apart}");
    }
    assert!(matches!(resample(&[0.0], 0, 16_000), Err(WhisperError::Rate { .. })));
    assert!(matches!(resample(&[0.0], 1_000_003, 16_000), Err(WhisperError::Rate { .. })));
    assert_eq!(resample(&[0.5, 0.25], 16_000, 16_000).unwrap(), [0.5, 0.25]);
    assert!(resample(&[], 8_000, 16_000).unwrap().is_empty());
}

#[test]
fn wav_files_of_all_forms_are_read() {
    use hound::{SampleFormat, WavSpec, WavWriter};
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.wav");
    let spec = |channels, bits_per_sample, sample_format| WavSpec {
        channels,
        sample_rate: 16_000,
        bits_per_sample,
        sample_format,
    };
    for bits in [8, 16, 24, 32] {
        let mut writer = WavWriter::create(&path, spec(1, bits, SampleFormat::Int)).unwrap();
        let half = 1i32 << (bits - 2);
        [0, half, -half, -2 * (half - 1) - 2].into_iter().for_each(|x| writer.write_sample(x).unwrap());
        writer.finalize().unwrap();
        assert_eq!(read_wav(&path).unwrap(), [0.0, 0.5, -0.5, -1.0], "{bits} bits");
    }
    let mut writer = WavWriter::create(&path, spec(2, 32, SampleFormat::Float)).unwrap();
    [0.5f32, 0.25, -1.0, 1.0].into_iter().for_each(|x| writer.write_sample(x).unwrap());
    writer.finalize().unwrap();
    assert_eq!(read_wav(&path).unwrap(), [0.375, 0.0]);

    std::fs::write(&path, "RIFF").unwrap();
    assert!(matches!(read_wav(&path), Err(WhisperError::Wav { .. })));
    assert!(matches!(read_wav(folder.path().join("none.wav")), Err(WhisperError::Io { .. })));
}
