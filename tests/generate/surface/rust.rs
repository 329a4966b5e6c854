//! The public items of Rust, without documentation and bodies.

use syn::{Attribute, Block, Fields, ImplItem, Item, TraitItem, Visibility};

/// The public items of a file, in its order; the file of descriptors is no items but bytes.
pub(super) fn surface(text: &str) -> String {
    let Ok(mut file) = syn::parse_file(text) else {
        let bytes = syn::parse_str::<syn::LitByteStr>(text);
        return bytes.map(|_| "bytes".to_owned()).expect("it is items or bytes");
    };
    keep_public(&mut file.items);
    prettyplease::unparse(&file)
}

fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

fn keep_public(items: &mut Vec<Item>) {
    items.retain_mut(|item| match item {
        Item::Struct(it) => {
            keep(&mut it.attrs);
            keep_public_fields(&mut it.fields);
            is_public(&it.vis)
        }
        Item::Enum(it) => {
            keep(&mut it.attrs);
            it.variants.iter_mut().for_each(|variant| {
                keep(&mut variant.attrs);
                variant.fields.iter_mut().for_each(|field| keep(&mut field.attrs));
            });
            is_public(&it.vis)
        }
        Item::Mod(it) => {
            keep(&mut it.attrs);
            it.content.iter_mut().for_each(|(_, items)| keep_public(items));
            is_public(&it.vis)
        }
        Item::Trait(it) => {
            keep(&mut it.attrs);
            it.items.iter_mut().for_each(without_default);
            is_public(&it.vis)
        }
        Item::Impl(it) => {
            keep(&mut it.attrs);
            let of_trait = it.trait_.is_some();
            it.items.retain_mut(|item| is_shown(item, of_trait));
            of_trait || !it.items.is_empty()
        }
        Item::Const(it) => {
            keep(&mut it.attrs);
            is_public(&it.vis)
        }
        Item::Static(it) => {
            keep(&mut it.attrs);
            is_public(&it.vis)
        }
        Item::Type(it) => {
            keep(&mut it.attrs);
            is_public(&it.vis)
        }
        Item::Fn(it) => {
            keep(&mut it.attrs);
            *it.block = empty();
            is_public(&it.vis)
        }
        Item::Use(it) => is_public(&it.vis),
        _ => panic!("the stubs have an item of a kind that is not known here"),
    });
}

/// What derives and marks an item is seen by those who use it; documentation, what tells prost
/// about the wire, and what silences lints is not.
fn keep(attributes: &mut Vec<Attribute>) {
    let kept = ["derive", "deprecated", "repr", "non_exhaustive", "cfg"];
    attributes.retain(|it| kept.iter().any(|name| it.path().is_ident(name)));
}

fn keep_public_fields(fields: &mut Fields) {
    fields.iter_mut().for_each(|field| keep(&mut field.attrs));
    if let Fields::Named(fields) = fields {
        let public = std::mem::take(&mut fields.named).into_iter().filter(|it| is_public(&it.vis));
        fields.named = public.collect();
    }
}

fn without_default(item: &mut TraitItem) {
    if let TraitItem::Fn(it) = item {
        keep(&mut it.attrs);
        it.default = it.default.is_some().then(empty);
    }
}

/// What a trait asks for is shown by the trait; what is a type's own only where it is public.
fn is_shown(item: &mut ImplItem, of_trait: bool) -> bool {
    match item {
        ImplItem::Fn(it) => {
            keep(&mut it.attrs);
            it.block = empty();
            !of_trait && is_public(&it.vis)
        }
        ImplItem::Const(it) => !of_trait && is_public(&it.vis),
        _ => false,
    }
}

fn empty() -> Block {
    syn::parse_quote!({})
}
