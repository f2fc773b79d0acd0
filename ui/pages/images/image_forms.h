#pragma once

#include "ui/rpc/images_api.h"

#include <QFrame>

class QLabel;
class QLineEdit;
class QPushButton;
class QSpinBox;

namespace gantry::ui {

// What an archive is to be called here. Both may stay empty: then the archive says.
class ImportImageForm final : public QFrame {
    Q_OBJECT
public:
    explicit ImportImageForm(QWidget* parent = nullptr);

    void begin(const QString& path);
    void showProblem(const QString& problem);
    void setBusy(bool busy);

Q_SIGNALS:
    void importRequested(const QString& path, const QString& repository, const QString& tag);

private:
    QString m_path;
    QLabel* m_source;
    QLineEdit* m_repository;
    QLineEdit* m_tag;
    QLabel* m_problem;
    QPushButton* m_import;
};

// A function that is to be made of an image.
class DeployImageForm final : public QFrame {
    Q_OBJECT
public:
    explicit DeployImageForm(QWidget* parent = nullptr);

    void begin(const rpc::LibraryImage& image);
    void showProblem(const QString& problem);
    void setBusy(bool busy);

Q_SIGNALS:
    void deployRequested(const gantry::rpc::ImageDeployment& deployment);

private:
    void check();

    rpc::ImageDeployment m_deployment;
    QLabel* m_image;
    QLineEdit* m_name;
    QSpinBox* m_memory;
    QSpinBox* m_timeout;
    QLabel* m_problem;
    QPushButton* m_deploy;
    bool m_busy = false;
};

} // namespace gantry::ui
