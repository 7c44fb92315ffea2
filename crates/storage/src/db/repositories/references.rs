use async_trait::async_trait;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use injeung_domain::ports::{Acceptance, ReferenceRepository};
use injeung_domain::{
    Fault, FeatureFormat, NewReference, ParticipationId, Reference, ReferenceFeatures, ReferenceId,
};

use super::{Repositories, acceptance};
use crate::db::schema::{auth_standard_img, reference_features};
use crate::db::work::End;

#[async_trait]
impl ReferenceRepository for Repositories {
    async fn add(
        &self,
        reference: NewReference,
        acceptance: &Acceptance,
    ) -> Result<ReferenceId, Fault> {
        let acceptance = acceptance.clone();
        let NewReference { participation_id, image_url, features } = reference;
        let id = self
            .transaction(move |connection| {
                Box::pin(async move {
                    let id: i64 = diesel::insert_into(auth_standard_img::table)
                        .values((
                            auth_standard_img::participation_id.eq(participation_id.get()),
                            auth_standard_img::standard_img.eq(image_url),
                        ))
                        .returning(auth_standard_img::auth_standard_img_id)
                        .get_result(connection)
                        .await?;
                    diesel::insert_into(reference_features::table)
                        .values(FeaturesRow::new(id, &features))
                        .execute(connection)
                        .await?;
                    acceptance::settle(connection, &acceptance).await.map(|settled| match settled {
                        Ok(()) => End::Commit(Ok(id)),
                        Err(fault) => End::Rollback(Err(fault)),
                    })
                })
            })
            .await??;
        reference_id(id)
    }

    async fn newest(&self, participation_id: ParticipationId) -> Result<Option<Reference>, Fault> {
        let row: Option<(i64, String, Option<FeaturesRow>)> = self
            .read(move |connection| {
                Box::pin(async move {
                    auth_standard_img::table
                        .left_join(reference_features::table)
                        .filter(auth_standard_img::participation_id.eq(participation_id.get()))
                        .order(auth_standard_img::auth_standard_img_id.desc())
                        .select((
                            auth_standard_img::auth_standard_img_id,
                            auth_standard_img::standard_img,
                            Option::<FeaturesRow>::as_select(),
                        ))
                        .first(connection)
                        .await
                        .optional()
                })
            })
            .await?;
        let Some((id, image_url, features)) = row else { return Ok(None) };
        let id = reference_id(id)?;
        let features = features.map(FeaturesRow::into_features).transpose()?;
        Ok(Some(Reference { id, participation_id, image_url, features }))
    }

    async fn replace_features(
        &self,
        id: ReferenceId,
        features: &ReferenceFeatures,
    ) -> Result<(), Fault> {
        let row = FeaturesRow::new(id.get(), features);
        self.write(move |connection| {
            Box::pin(async move {
                diesel::insert_into(reference_features::table)
                    .values(&row)
                    .on_conflict(reference_features::auth_standard_img_id)
                    .do_update()
                    .set(&row)
                    .execute(connection)
                    .await
            })
        })
        .await?;
        Ok(())
    }
}

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = reference_features)]
struct FeaturesRow {
    auth_standard_img_id: i64,
    algorithm: String,
    version: i64,
    features: Vec<u8>,
}

impl FeaturesRow {
    fn new(id: i64, features: &ReferenceFeatures) -> Self {
        Self {
            auth_standard_img_id: id,
            algorithm: features.format.algorithm.clone(),
            version: features.format.version.into(),
            features: features.bytes.to_vec(),
        }
    }

    fn into_features(self) -> Result<ReferenceFeatures, Fault> {
        let version = u32::try_from(self.version).map_err(|error| {
            let id = self.auth_standard_img_id;
            Fault::permanent(format!("features of reference {id}: version: {error}"))
        })?;
        let format = FeatureFormat { algorithm: self.algorithm, version };
        Ok(ReferenceFeatures { format, bytes: self.features.into() })
    }
}

fn reference_id(id: i64) -> Result<ReferenceId, Fault> {
    id.try_into().map_err(|error| Fault::permanent(format!("reference {id}: {error}")))
}
