#pragma once

#include "ui/rpc/concurrency_types.h"

#include <QWidget>

namespace gantry::ui {

// Each live environment as a cell coloured by its state; hovering tells what it is. One may be
// chosen by mouse or arrow keys, and ended with Delete.
class EnvironmentGrid final : public QWidget {
    Q_OBJECT
public:
    explicit EnvironmentGrid(QWidget* parent = nullptr);

    void setEnvironments(const QList<rpc::LiveEnvironment>& environments);
    // Null while none is chosen.
    const rpc::LiveEnvironment* chosen() const;
    // What it is, in a sentence for a tooltip and a caption.
    static QString describe(const rpc::LiveEnvironment& environment);

    QSize sizeHint() const override;
    bool hasHeightForWidth() const override { return true; }
    int heightForWidth(int width) const override;

Q_SIGNALS:
    void chosenChanged();
    void endRequested();

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    bool event(QEvent* event) override;

private:
    int columns(int width) const;
    QRect rectOf(int index) const;
    int indexAt(const QPoint& position) const; // -1: none there
    void choose(int index);
    int chosenIndex() const;

    QList<rpc::LiveEnvironment> m_environments;
    QString m_chosenId;
};

} // namespace gantry::ui
