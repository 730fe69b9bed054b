//! Images in folders.

use super::{DataError, Dataset};
use image::imageops::FilterType;
use rune_trace::{Array, Tensor};
use std::path::{Path, PathBuf};

/// The way to resize images.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resize {
    /// Keeps the proportions: resizes the image to cover the requested size, and cuts out the middle.
    Crop,
    /// Changes the proportions.
    Stretch,
}

/// Images in one folder for each class, such as `cats/1.png`, `dogs/7.jpeg`. They are decoded when they are needed.
///
/// The items are pixels of type `[n, height, width, 3, u8]` and classes of type `[n, i32]`.
///
/// ```
/// use rune::train::data::{Dataset, ImageFolder, Resize};
/// # let folder = std::env::temp_dir().join(format!("rune-images-{}", std::process::id()));
/// # for (name, color) in [("cold", [0, 0, 255]), ("warm", [255, 0, 0])] {
/// #     std::fs::create_dir_all(folder.join(name))?;
/// #     image::RgbImage::from_pixel(6, 4, image::Rgb(color)).save(folder.join(name).join("1.png"))?;
/// # }
/// let images = ImageFolder::open(&folder, 2, 2, Resize::Crop)?;
/// assert_eq!(images.classes(), ["cold", "warm"]);
/// let (pixels, classes) = images.items(&[1])?;
/// assert_eq!((pixels.shape().to_vec(), classes.to_vec::<i32>()?), (vec![1, 2, 2, 3], vec![1]));
/// assert_eq!(pixels.to_vec::<u8>()?[..3], [255, 0, 0]);
/// # std::fs::remove_dir_all(&folder)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct ImageFolder {
    classes: Vec<String>,
    files: Vec<(PathBuf, i32)>,
    height: usize,
    width: usize,
    resize: Resize,
}

impl ImageFolder {
    /// Lists the PNG and JPEG files below a folder. Classes and files are in the order of their names.
    ///
    /// # Errors
    /// If a folder cannot be read, or there are no images.
    pub fn open(
        folder: impl AsRef<Path>,
        height: usize,
        width: usize,
        resize: Resize,
    ) -> Result<ImageFolder, DataError> {
        let folder = folder.as_ref();
        let wrong = |reason: String| DataError::ImageFolder { folder: folder.to_owned(), reason };
        if height == 0 || width == 0 {
            return Err(wrong(format!("images of {height}x{width} pixels are asked for")));
        }
        let (mut classes, mut files) = (Vec::new(), Vec::new());
        for class in list(folder)?.into_iter().filter(|path| path.is_dir()) {
            let images: Vec<PathBuf> = list(&class)?.into_iter().filter(|path| is_image(path)).collect();
            if images.is_empty() {
                return Err(wrong(format!("there are no PNG or JPEG files in {}", class.display())));
            }
            let number = classes.len() as i32;
            classes.push(class.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default());
            files.extend(images.into_iter().map(|path| (path, number)));
        }
        match classes.is_empty() {
            true => Err(wrong("it has no folders".to_owned())),
            false => Ok(ImageFolder { classes, files, height, width, resize }),
        }
    }
    /// Returns the names of the classes.
    pub fn classes(&self) -> &[String] {
        &self.classes
    }
    /// Returns the files with their classes.
    pub fn files(&self) -> &[(PathBuf, i32)] {
        &self.files
    }
    fn pixels(&self, path: &Path) -> Result<Vec<u8>, DataError> {
        let failed = |reason: String| DataError::Image { path: path.to_owned(), reason };
        let (height, width) = (self.height as u32, self.width as u32);
        let reader = image::ImageReader::open(path).and_then(image::ImageReader::with_guessed_format);
        let reader = reader.map_err(|source| DataError::Io { path: path.to_owned(), source })?;
        let image = reader.decode().map_err(|error| failed(error.to_string()))?;
        let image = match self.resize {
            _ if (image.height(), image.width()) == (height, width) => image,
            Resize::Crop => image.resize_to_fill(width, height, FilterType::Triangle),
            Resize::Stretch => image.resize_exact(width, height, FilterType::Triangle),
        };
        Ok(image.into_rgb8().into_raw())
    }
}

impl Dataset for ImageFolder {
    type Items = (Tensor, Tensor);
    fn len(&self) -> usize {
        self.files.len()
    }
    fn items(&self, positions: &[usize]) -> Result<(Tensor, Tensor), DataError> {
        let (mut pixels, mut classes) = (Vec::new(), Vec::with_capacity(positions.len()));
        for &position in positions {
            let (path, class) = &self.files[position];
            pixels.extend(self.pixels(path)?);
            classes.push(*class);
        }
        let pixels = Array::from_vec([positions.len(), self.height, self.width, 3], pixels);
        Ok((pixels.into(), classes.into()))
    }
}

fn list(folder: &Path) -> Result<Vec<PathBuf>, DataError> {
    let failed = |source| DataError::Io { path: folder.to_owned(), source };
    let entries = std::fs::read_dir(folder).map_err(failed)?;
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>, _>>().map_err(failed)?;
    paths.sort();
    Ok(paths)
}

fn is_image(path: &Path) -> bool {
    let extension = path.extension().and_then(|e| e.to_str()).unwrap_or("");
    path.is_file() && ["png", "jpg", "jpeg"].iter().any(|known| extension.eq_ignore_ascii_case(known))
}
