//! CSV files.

use super::DataError;
use csv::{ErrorKind, ReaderBuilder, StringRecord};
use rune_trace::{Array, Tensor};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A CSV file in memory: a line of column names, and rows of text. Columns become tensors by name.
///
/// ```
/// use rune::train::data::Table;
/// let path = std::env::temp_dir().join(format!("rune-table-{}.csv", std::process::id()));
/// std::fs::write(&path, "length,width,species\n5.1,3.5,setosa\n7.0,3.2,versicolor\n")?;
/// let table = Table::read(&path)?;
/// let x = table.numbers(&["length", "width"])?;
/// assert_eq!((x.shape().to_vec(), x.to_vec::<f32>()?), (vec![2, 2], vec![5.1, 3.5, 7.0, 3.2]));
/// let (y, names) = table.classes("species")?;
/// assert_eq!((y.to_vec::<i32>()?, names), (vec![0, 1], vec!["setosa".to_owned(), "versicolor".to_owned()]));
///
/// std::fs::write(&path, "x,y\n1,2\n3,four\n")?;
/// let error = Table::read(&path)?.numbers(&["x", "y"]).unwrap_err().to_string();
/// assert_eq!(error, format!("line 3 of {}, column `y`: \"four\" is no number", path.display()));
/// # std::fs::remove_file(&path)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Table {
    path: PathBuf,
    columns: Vec<String>,
    rows: Vec<StringRecord>,
}

impl Table {
    /// Reads a file with commas between columns.
    ///
    /// # Errors
    /// If the file cannot be read, or a row has another number of columns than the first line.
    pub fn read(path: impl AsRef<Path>) -> Result<Table, DataError> {
        Table::read_with(path, b',')
    }
    /// Reads a file with another separator, such as `b'\t'` or `b';'`.
    ///
    /// # Errors
    /// Like [`Table::read`].
    pub fn read_with(path: impl AsRef<Path>, separator: u8) -> Result<Table, DataError> {
        let path = path.as_ref().to_owned();
        let failed = |error: csv::Error| {
            let reason = error.to_string();
            if let ErrorKind::Io(source) = error.into_kind() {
                return DataError::Io { path: path.clone(), source };
            }
            DataError::Csv { path: path.clone(), reason }
        };
        let mut reader =
            ReaderBuilder::new().delimiter(separator).trim(csv::Trim::All).from_path(&path).map_err(failed)?;
        let columns = reader.headers().map_err(failed)?.iter().map(str::to_owned).collect();
        let rows = reader.into_records().collect::<Result<_, _>>().map_err(failed)?;
        Ok(Table { path, columns, rows })
    }
    /// Returns the names of the columns.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }
    /// Returns the number of rows.
    #[allow(clippy::len_without_is_empty, reason = "a table without rows is no case of its own")]
    pub fn len(&self) -> usize {
        self.rows.len()
    }
    /// Returns columns of numbers, of type `[rows, columns, f32]`.
    ///
    /// # Errors
    /// If there is no such column, or a cell is not a number.
    pub fn numbers(&self, columns: &[&str]) -> Result<Tensor, DataError> {
        let indices = columns.iter().map(|column| self.column(column)).collect::<Result<Vec<_>, _>>()?;
        let mut numbers = Vec::with_capacity(self.rows.len() * columns.len());
        for row in &self.rows {
            for &index in &indices {
                let cell = row.get(index).unwrap_or("");
                numbers.push(cell.parse::<f32>().map_err(|_| self.cell(row, index, format!("{cell:?} is no number")))?);
            }
        }
        Ok(Array::from_vec([self.rows.len(), columns.len()], numbers).into())
    }
    /// Returns a column of class names as class numbers, of type `[rows, i32]`, and the names in order.
    ///
    /// # Errors
    /// If there is no such column, or a cell is empty.
    pub fn classes(&self, column: &str) -> Result<(Tensor, Vec<String>), DataError> {
        let index = self.column(column)?;
        let mut cells = Vec::with_capacity(self.rows.len());
        for row in &self.rows {
            match row.get(index).unwrap_or("") {
                "" => return Err(self.cell(row, index, "the cell is empty, and a class has a name".to_owned())),
                cell => cells.push(cell),
            }
        }
        let names: Vec<&str> = cells.iter().copied().collect::<BTreeSet<_>>().into_iter().collect();
        // Every cell is among the names.
        let number = |cell: &&str| names.partition_point(|name| name < cell) as i32;
        let numbers = cells.iter().map(number).collect();
        Ok((Array::from_vec([cells.len()], numbers).into(), names.into_iter().map(str::to_owned).collect()))
    }
    fn column(&self, name: &str) -> Result<usize, DataError> {
        let found: Vec<usize> = (0..self.columns.len()).filter(|&i| self.columns[i] == name).collect();
        match found[..] {
            [index] => Ok(index),
            _ => Err(DataError::Column {
                path: self.path.clone(),
                column: name.to_owned(),
                found: found.len(),
                known: self.columns.iter().map(|column| format!("`{column}`")).collect(),
            }),
        }
    }
    fn cell(&self, row: &StringRecord, index: usize, reason: String) -> DataError {
        let line = row.position().map_or(0, |start| {
            // If there are empty lines before a row, the CSV reader reports the line of the first empty one.
            let bytes = std::fs::read(&self.path).unwrap_or_default();
            let rest = bytes.get(start.byte() as usize..).unwrap_or_default();
            let empty = rest.iter().take_while(|byte| b"\r\n".contains(byte)).filter(|&&byte| byte == b'\n').count();
            start.line() + empty as u64
        });
        DataError::Cell { path: self.path.clone(), line, column: self.columns[index].clone(), reason }
    }
}
