//! Features of references in the format of the current extractor.

use crate::ports::{FeatureExtractor, ObjectStore, VisionError};
use crate::retry::retried;
use crate::{
    Fault, ObjectKey, Photo, PhotoError, PhotoLimits, Ports, ReferenceFeatures, StoredReference,
    VerificationError,
};

/// Returns the reference's features in the extractor's format, and extracts them again if missing.
pub(crate) async fn current_features(
    ports: &Ports,
    reference: &StoredReference,
) -> Result<ReferenceFeatures, VerificationError> {
    use VerificationError as Error;

    let format = ports.extractor.format();
    let find = || ports.repository.find_features(reference.id, &format);
    if let Some(features) = retried(&*ports.clock, find).await.map_err(Error::Database)? {
        return Ok(features);
    }
    let features = extract_again(&*ports.objects, &*ports.extractor, reference).await?;
    let put = ports.repository.put_features(reference.id, &features, ports.clock.now()).await;
    if let Err(fault) = put {
        // The next request extracts them again; this request already has them.
        fault.log(format_args!("save the features of reference {}", reference.id));
    }
    Ok(features)
}

/// Extracts the features of a reference from its stored photo.
///
/// # Errors
/// A permanent fault when the photo is missing or unreadable.
pub(crate) async fn extract_again(
    objects: &dyn ObjectStore,
    extractor: &dyn FeatureExtractor,
    reference: &StoredReference,
) -> Result<ReferenceFeatures, VerificationError> {
    use VerificationError as Error;

    let StoredReference { id, image_url } = reference;
    let key = ObjectKey::from_url(image_url).map_err(|error| {
        Error::Objects(Fault::permanent(format!("name the object of reference {id}: {error}")))
    })?;
    let stored = objects.get(&key).await.map_err(Error::Objects)?;
    let stored = stored.ok_or_else(|| {
        Error::Objects(Fault::permanent(format!(
            "find object {key} of reference {id}: there is none"
        )))
    })?;
    let unreadable = |error: PhotoError| {
        Error::Vision(Fault::permanent(format!("read stored photo {key}: {error}")))
    };
    let photo = Photo::parse(stored, &PhotoLimits::NONE).map_err(unreadable)?;
    match extractor.extract(&photo).await {
        Ok((features, _)) => Ok(features),
        // An unreadable reference is a fault, not an error of the client's photo.
        Err(VisionError::Photo(error)) => Err(unreadable(error)),
        Err(VisionError::Fault(fault)) => Err(Error::Vision(fault)),
    }
}
