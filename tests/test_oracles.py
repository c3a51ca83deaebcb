"""Each model that recstore computes itself, beside scikit-learn's: equal numbers, or equal quality where it is drawn.

These look inside: what a model computes reaches a store only rounded, ranked and mixed with other things.
"""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse
from sklearn.cluster import KMeans
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.kernel_approximation import Nystroem
from sklearn.linear_model import Ridge

from recstore.budget import Budget
from recstore.models import audio_labels
from recstore.models.audio_kernels import SECOND_WIDTH, Landmarks, _gauss, _unit
from recstore.models.collaborative import collaborative_vectors
from recstore.models.content import content_vectors, inverse_frequencies, tfidf
from recstore.models.ease import ease_weights
from recstore.models.interactions import Interactions
from recstore.models.svd import explained_variance, right_singular_vectors
from recstore.search.clusters import _centers


@pytest.fixture
def rng():
    return np.random.default_rng(7)


#: The rank of the counts: so many dimensions say all, and any right decomposition gives the same products.
RANK = 8


def counts(rng, documents=300, terms=80):
    """Return term counts of documents, some without any term, as CSR of rank `RANK`."""
    topics = rng.poisson(0.4, size=(documents, RANK)) @ rng.poisson(0.5, size=(RANK, terms))
    topics[::50] = 0
    return scipy.sparse.csr_matrix(topics)


def test_tfidf_is_that_of_scikit_learn(rng):
    matrix = counts(rng)
    fitted = rng.random(matrix.shape[0]) < 0.7
    reference = TfidfTransformer().fit(matrix[fitted])
    idf = inverse_frequencies(matrix, fitted)
    np.testing.assert_allclose(idf, reference.idf_, rtol=1e-12)
    np.testing.assert_allclose(
        tfidf(matrix, idf).toarray(), reference.transform(matrix).toarray(), rtol=1e-6, atol=1e-7
    )


def test_the_decomposition_is_that_of_scikit_learn(rng):
    matrix = tfidf(counts(rng), np.ones(80))
    reference = TruncatedSVD(RANK, algorithm="arpack").fit(matrix)
    components = right_singular_vectors(matrix, RANK, seed=0)
    strengths = np.linalg.norm(matrix @ components, axis=0)
    np.testing.assert_allclose(strengths, reference.singular_values_, rtol=1e-5)
    # Each direction is equal but for its sign.
    cosines = np.abs(np.sum(components.T * reference.components_, axis=1))
    np.testing.assert_allclose(cosines, 1, atol=1e-4)
    shares = np.cumsum(reference.explained_variance_ratio_)
    np.testing.assert_allclose(explained_variance(matrix, matrix @ components), shares, rtol=1e-5)
    # Asked for more than there is, it gives what there is.
    assert right_singular_vectors(matrix, 20, seed=0).shape[1] == RANK


def test_content_compares_as_scikit_learn_does(rng):
    matrix = counts(rng)
    coo = matrix.tocoo()
    fitted = np.ones(matrix.shape[0], bool)
    made = content_vectors(coo.row, coo.col, coo.data, fitted, RANK, seed=0)
    reduced = TruncatedSVD(RANK, algorithm="arpack").fit_transform(TfidfTransformer().fit_transform(matrix))
    there = np.linalg.norm(reduced, axis=1) > 1e-6
    assert (made.kept == there).all()
    reduced = reduced[there] / np.linalg.norm(reduced[there], axis=1, keepdims=True)
    np.testing.assert_allclose(made.vectors @ made.vectors.T, reduced @ reduced.T, atol=1e-5)


def test_collaborative_compares_as_scikit_learn_does(rng):
    ratings = counts(rng, 150, 60).astype(np.float32)
    coo = ratings.T.tocsr().tocoo()
    data = Interactions(coo.row.astype(np.int32), coo.col.astype(np.int32), coo.data, None, *coo.shape)
    vectors, kept, explained = collaborative_vectors(data, RANK, 0)
    shares = np.cumsum(TruncatedSVD(RANK, algorithm="arpack").fit(ratings).explained_variance_ratio_)
    np.testing.assert_allclose(explained, shares, rtol=1e-5)
    reduced = TruncatedSVD(RANK, algorithm="arpack").fit_transform(ratings)[kept]
    reduced /= np.linalg.norm(reduced, axis=1, keepdims=True)
    np.testing.assert_allclose(vectors @ vectors.T, reduced @ reduced.T, atol=1e-5)


def test_the_features_of_landmarks_are_nystroms(rng):
    """Their products are scikit-learn's Nyström approximation of the same kernel, from the same landmarks."""
    points = _unit(rng.standard_normal((200, 128)).astype(np.float32) + 0.7)
    chosen = points[:40]
    landmarks = Landmarks(np.zeros(128), chosen, chosen)
    by_second, _ = landmarks.whitening()
    features = _gauss(points, chosen, SECOND_WIDTH) @ by_second.astype(np.float32)
    reference = Nystroem(kernel="rbf", gamma=SECOND_WIDTH, n_components=40, random_state=0)
    reference.fit(chosen)
    wanted = reference.transform(points)
    np.testing.assert_allclose(features @ features.T, wanted @ wanted.T, atol=2e-3)


def test_the_cross_fitted_regression_is_scikit_learns_ridge(rng):
    features = rng.standard_normal((120, 12)).astype(np.float32)
    targets = (features @ rng.standard_normal((12, 4)) + rng.standard_normal((120, 4)) + 3).astype(np.float32)
    ends = np.array([0, 30, 70, 120])
    outputs, weights, bias = audio_labels._cross_fit(features, targets, 0, ends, Budget.of())
    reference = Ridge(alpha=audio_labels._RIDGE).fit(features, targets)
    np.testing.assert_allclose(weights.T, reference.coef_, atol=1e-4)
    np.testing.assert_allclose(bias, reference.intercept_, atol=1e-4)
    for start, end in ((0, 30), (30, 70), (70, 120)):
        rest = np.r_[0:start, end:120]
        fold = Ridge(alpha=audio_labels._RIDGE).fit(features[rest], targets[rest])
        np.testing.assert_allclose(outputs[start:end], fold.predict(features[start:end]), atol=1e-3)


def test_ease_is_a_ridge_regression_of_each_item_on_the_others(rng):
    """Steck (2019): with the diagonal held at 0, column j is the ridge regression of item j on all other items."""
    seen = (rng.random((200, 25)) < 0.2).astype(np.float32)
    strength = 30.0
    weights = ease_weights(scipy.sparse.csr_matrix(seen), strength)
    for item in range(25):
        others = np.delete(np.arange(25), item)
        reference = Ridge(alpha=strength, fit_intercept=False).fit(seen[:, others], seen[:, item])
        np.testing.assert_allclose(weights[others, item], reference.coef_, atol=1e-4)
        assert weights[item, item] == 0


def test_clusters_are_as_good_as_those_of_k_means(rng):
    """Where points lie is drawn, so the quality is compared: how near points are to their centres."""
    middles = _unit(rng.standard_normal((12, 32)).astype(np.float32))
    points = _unit(np.repeat(middles, 60, axis=0) + 0.25 * rng.standard_normal((720, 32)).astype(np.float32))
    ours = _centers(points, 24, np.random.default_rng(0))
    reference = KMeans(24, n_init=1, init="random", random_state=0, max_iter=8).fit(points).cluster_centers_
    reference /= np.linalg.norm(reference, axis=1, keepdims=True)
    near, wanted = (points @ ours.T).max(axis=1).mean(), (points @ reference.T).max(axis=1).mean()
    assert near > wanted - 0.03
