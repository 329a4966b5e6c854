//! The options of the plugin.

/// The options of the plugin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Options {
    pub(super) client: bool,
    pub(super) server: bool,
    /// The name of a file for the descriptors of all generated code.
    pub(super) descriptors: Option<String>,
    /// The name of a file for the JSON mapping.
    pub(super) json: Option<String>,
}

impl Options {
    pub(super) fn parse(parameter: Option<&str>) -> Result<Self, String> {
        let mut options = Options { client: true, server: true, descriptors: None, json: None };
        for option in parameter.unwrap_or_default().split(',').filter(|option| !option.is_empty()) {
            let flag = |value: &str| value.parse::<bool>().map_err(|_| refused(option));
            match option.split_once('=') {
                Some(("client", value)) => options.client = flag(value)?,
                Some(("server", value)) => options.server = flag(value)?,
                Some(("descriptors", name)) => options.descriptors = Some(name.to_owned()),
                Some(("json", name)) => options.json = Some(name.to_owned()),
                None if option == "client" => options.client = true,
                None if option == "server" => options.server = true,
                _ => return Err(refused(option)),
            }
        }
        Ok(options)
    }
}

fn refused(option: &str) -> String {
    format!(
        "unknown option {option:?}; there are client=BOOL, server=BOOL, descriptors=FILE, json=FILE"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read_and_unknown_ones_refused() {
        let parse = |parameter| Options::parse(Some(parameter));
        let (descriptors, json) = (Some("d.rs".to_owned()), Some("j.rs".to_owned()));
        let options = Options { client: true, server: false, descriptors, json };
        assert_eq!(parse("client,server=false,descriptors=d.rs,json=j.rs"), Ok(options));
        for bad in ["servers", "client=maybe", "descriptors", "json"] {
            assert!(parse(bad).is_err_and(|error| error.contains(bad)), "{bad}");
        }
    }
}
