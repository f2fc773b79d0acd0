#pragma once

#include <QWidget>

class QDragEnterEvent;
class QDropEvent;
class QMimeData;

namespace gantry::ui {

// Takes folders and files dropped anywhere on the window: while something is dragged over it, the
// window shows that it would deploy it.
class DropOverlay final : public QWidget {
    Q_OBJECT
public:
    explicit DropOverlay(QWidget* window);

    // The local files and folders among what is dragged; remote ones are not taken.
    static QStringList localPaths(const QMimeData& data);

Q_SIGNALS:
    void dropped(const QStringList& paths);

protected:
    void paintEvent(QPaintEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    bool enter(QDragEnterEvent& event);
    bool drop(QDropEvent& event);

    QString m_what;
};

} // namespace gantry::ui
